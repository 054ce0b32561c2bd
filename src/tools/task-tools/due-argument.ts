import { type Due, NO_DUE } from '../../tasks/due';
import { readDue } from '../read-due';
import type { ToolContext } from '../tool.types';
import { invalidArguments } from '../typed-tool';

export const DUE_FORMS =
  'a date (2026-11-25), a local date and time (2026-11-25T17:00), an instant with offset (2026-11-25T17:00:00Z), or English words ("tomorrow", "friday at 5pm")';

/**
 * A `due` as the model gave it; empty means none.
 * @throws AppError invalid_arguments that tells the accepted forms
 */
export function toDue(text: string, { now, timezone }: ToolContext): Due {
  if (text.trim() === '') return NO_DUE;
  const due = readDue(text, now, timezone);
  if (due === undefined) throw invalidArguments(`due must be one date, as ${DUE_FORMS}`);
  return due;
}

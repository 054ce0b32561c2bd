import { type Due, NO_DUE } from '../../tasks/due';
import { readDue } from '../read-due';
import type { ToolContext } from '../tool.types';
import { invalidArguments } from '../typed-tool';

export const DUE_FORMS =
  'a date (2026-11-25), a local date and time (2026-11-25T17:00), an instant with offset (2026-11-25T17:00:00Z), or English words ("tomorrow", "friday at 5pm")';

const MORE_WORDS = 'also "end of next week", "20 december", "in 2 hours", "today at 17:00"';

/**
 * A `due` as the model gave it; empty means none.
 * @throws AppError invalid_arguments with the accepted forms, and why this one is refused
 */
export function toDue(text: string, { now, timezone }: ToolContext): Due {
  if (text.trim() === '') return NO_DUE;
  const reading = readDue(text, now, timezone);
  if ('due' in reading) return reading.due;
  throw invalidArguments(
    `due must be one date, as ${DUE_FORMS}, ${MORE_WORDS}. What was given ${reading.fault}`,
  );
}

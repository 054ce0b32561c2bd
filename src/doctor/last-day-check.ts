import { daysUntil, findModel } from '../models/catalogue';
import { WARN_DAYS_BEFORE_SHUTDOWN } from '../models/default-model-check';
import type { ListedModel } from '../models/model-list';
import { configuration, type Finding, ok, warning } from './finding';

const SUBJECT = 'last day';

/** The provider's own word counts for more than the catalogue's. */
export function checkLastDay(model: string, listed: readonly ListedModel[] | undefined, now: Date): Finding {
  const entry = findModel(model);
  const day = listed?.find(({ id }) => id === model)?.shutdownDate ?? entry?.shutdownDate;
  if (day === undefined)
    return ok(SUBJECT, entry === undefined ? `${model} is not in the catalogue` : 'none announced');
  const days = daysUntil(day, now);
  const next = entry?.replacement === undefined ? '' : `; calls then go to ${entry.replacement}`;
  if (days > WARN_DAYS_BEFORE_SHUTDOWN) return ok(SUBJECT, `${model} ends on ${day}${next}`);
  const when = days > 0 ? `ends on ${day}, in ${days} day${days === 1 ? '' : 's'}` : `ended on ${day}`;
  return warning(SUBJECT, configuration(`${model} ${when}${next}: set OPENAI_MODEL to its successor.`));
}

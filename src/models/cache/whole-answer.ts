import { dataOf, splitEvents } from '../../common/event-stream';
import type { TokenUsage } from '../../usage/usage.types';
import { toTokenUsage } from '../token-usage';

type Fields = Readonly<Record<string, unknown>>;

export interface WholeAnswer {
  /** As the provider names it. */
  model: string;
  usage: TokenUsage;
}

/** What ends a stream of Chat Completions. */
const DONE = '[DONE]';

/**
 * What an answer says of itself that came to a good end; undefined where it did not, or does not tell what it cost. It is
 * read to its last event: what is kept is handed out many times.
 */
export function readWholeAnswer(bytes: Buffer, isStream: boolean): WholeAnswer | undefined {
  const end = isStream ? endOfStream(bytes) : endOfJson(bytes);
  const usage = toTokenUsage(end?.usage);
  return usage === undefined || typeof end?.model !== 'string' ? undefined : { model: end.model, usage };
}

function endOfJson(bytes: Buffer): Fields | undefined {
  const answer = parse(bytes.toString('utf8'));
  if (answer === undefined || answer.error != null) return undefined;
  const isGood =
    Array.isArray(answer.data) || answer.status === 'completed' || choicesOf(answer).some(isFinished);
  return isGood ? answer : undefined;
}

function endOfStream(bytes: Buffer): Fields | undefined {
  const data = splitEvents(bytes).flatMap((frame) => dataOf(frame) ?? []);
  const events = data.filter((text) => text !== DONE).map(parse);
  if (!events.every(isGood)) return undefined;
  const last = events.at(-1);
  if (last?.type === 'response.completed') return last.response as Fields;
  const isEnded = data.at(-1) === DONE && events.some((event) => choicesOf(event).some(isFinished));
  return isEnded ? events.findLast(({ usage }) => usage != null) : undefined;
}

const isGood = (event: Fields | undefined): event is Fields =>
  event !== undefined && event.type !== 'error' && event.error == null;

const choicesOf = ({ choices }: Fields): (Fields | null)[] =>
  Array.isArray(choices) ? (choices as (Fields | null)[]) : [];

const isFinished = (choice: Fields | null): boolean => choice?.finish_reason != null;

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
}

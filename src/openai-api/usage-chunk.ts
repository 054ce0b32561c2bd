import { dataOf, splitEvents } from '../common/event-stream';

/** As providers write it, and as those do that put spaces into their JSON. */
const NO_CHOICES = [Buffer.from('"choices":[]'), Buffer.from('"choices": []')];

/** The same events without the chunk that only tells what a chat stream has cost. */
export function withoutUsageChunk(events: Buffer): Buffer {
  if (!mayHoldOne(events)) return events;
  const frames = splitEvents(events);
  const kept = frames.filter((frame) => !isUsageChunk(frame));
  return kept.length === frames.length ? events : Buffer.concat(kept);
}

const mayHoldOne = (bytes: Buffer): boolean => NO_CHOICES.some((text) => bytes.includes(text));

/** Others without choices say something else: what a filter found in the prompt, for one. */
function isUsageChunk(frame: Buffer): boolean {
  const data = mayHoldOne(frame) ? dataOf(frame) : undefined;
  if (data === undefined) return false;
  try {
    const { choices, usage } = JSON.parse(data) as { choices?: unknown; usage?: unknown };
    return Array.isArray(choices) && choices.length === 0 && usage !== null && typeof usage === 'object';
  } catch {
    return false;
  }
}

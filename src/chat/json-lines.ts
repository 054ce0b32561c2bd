import { dataOf, splitEvents } from '../common/event-stream';

/** The same events, the data of each as one line of JSON. */
export function toJsonLines(events: Buffer): Buffer {
  const lines = splitEvents(events)
    .map(dataOf)
    // The end, and what only keeps a connection open, is no JSON.
    .filter((data) => data !== undefined && /^\s*[[{]/.test(data) && data.trim() !== '[DONE]')
    .map((data) => `${onOneLine(data!)}\n`);
  return Buffer.from(lines.join(''));
}

/** Data over several lines is JSON with line breaks between its tokens. */
const onOneLine = (data: string): string => (data.includes('\n') ? JSON.stringify(JSON.parse(data)) : data);

import type { Dialect } from './dialects';
import type { Script } from './script';

const SSE = { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'req_scripted' };
const JSON_TYPE = { 'content-type': 'application/json', 'x-request-id': 'req_scripted' };

export function jsonAnswer(body: unknown, status = 200, headers: Record<string, string> = {}): Script {
  const bytes = Buffer.from(JSON.stringify(body));
  return [
    { status, headers: { ...JSON_TYPE, 'content-length': String(bytes.length), ...headers } },
    { bytes },
    { end: true },
  ];
}

export const STREAM_HEAD = { status: 200, headers: SSE } as const;

/** Writes each piece separately. */
export function streamAnswer(...pieces: readonly (string | Buffer)[]): Script {
  return [STREAM_HEAD, ...pieces.map((bytes) => ({ bytes })), { end: true }];
}

/** Sends the first part, then nothing until `opened`, then the rest: shows whether something delays a stream. */
export function heldStream(
  dialect: Dialect,
  opened: Promise<unknown>,
  [first, ...rest]: readonly [string, ...string[]] = ['Hello', ' world'],
): Script {
  const frames = dialect.frames([first, ...rest]);
  const cutAt = frames.findIndex((frame) => frame.includes(JSON.stringify(first))) + 1;
  return [
    STREAM_HEAD,
    { bytes: frames.slice(0, cutAt).join('') },
    { wait: opened },
    { bytes: frames.slice(cutAt).join('') },
    { end: true },
  ];
}

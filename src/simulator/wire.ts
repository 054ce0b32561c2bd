import type { ServerResponse } from 'node:http';
import type { Fault } from './faults';

/** OpenAI's error body, inside `{ "error": … }`. */
export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** An error answer: status, OpenAI's envelope, headers. */
export class ProviderError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(body.message);
  }
}

export function invalidRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
): ProviderError {
  return new ProviderError(400, { message, type: 'invalid_request_error', param, code });
}

export function notFound(
  message: string,
  param: string | null = null,
  code: string | null = null,
): ProviderError {
  return new ProviderError(404, { message, type: 'invalid_request_error', param, code });
}

/** One SSE block; faults act on deltas, which carry the answer's content. */
export interface Frame {
  readonly text: string;
  readonly isDelta: boolean;
}

const DEFAULT_SLOWNESS_MS = 5_000;

/** `data: …`, with an `event:` line where the API names its events. */
export function frame(data: unknown, { event = '', isDelta = false } = {}): Frame {
  const payload = typeof data === 'string' ? data : JSON.stringify(data);
  return { text: `${event === '' ? '' : `event: ${event}\n`}data: ${payload}\n\n`, isDelta };
}

export function sendError(res: ServerResponse, error: ProviderError): void {
  for (const [name, value] of Object.entries(error.headers)) res.setHeader(name, value);
  const payload = JSON.stringify({ error: error.body });
  res.writeHead(error.status, { 'content-type': 'application/json' }).end(payload);
}

export async function sendJson(res: ServerResponse, body: unknown, fault?: Fault): Promise<void> {
  if (fault?.name === 'hang') return;
  if (fault?.name === 'slow') await pause(res, fault.amount ?? DEFAULT_SLOWNESS_MS);
  if (res.destroyed) return;
  const payload = Buffer.from(JSON.stringify(body));
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': payload.length });
  if (fault?.name === 'stall') res.write(payload.subarray(0, 1));
  else if (fault?.name === 'cut') {
    res.write(payload.subarray(0, Math.ceil(payload.length / 2)), () => res.destroy());
  } else res.end(payload);
}

export function sendBytes(res: ServerResponse, bytes: Buffer, contentType: string): void {
  res.writeHead(200, { 'content-type': contentType, 'content-length': bytes.length }).end(bytes);
}

/** Writes each frame separately; stops if the client has left. */
export async function sendStream(
  res: ServerResponse,
  frames: readonly Frame[],
  errorFrame: Frame,
  fault?: Fault,
): Promise<void> {
  if (fault?.name === 'hang') return;
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  const middle = Math.ceil(frames.length / 2);
  let deltas = 0;
  for (const [index, { text, isDelta }] of frames.entries()) {
    if (fault?.name === 'error_in_stream' && index === 1) {
      res.end(errorFrame.text);
      return;
    }
    if (fault?.name === 'stall' && deltas > 0) return;
    if (fault?.name === 'slow' && isDelta && deltas > 0)
      await pause(res, fault.amount ?? DEFAULT_SLOWNESS_MS);
    if (res.destroyed) return;
    if (!res.write(text)) await drained(res);
    if (isDelta) deltas += 1;
    if (fault?.name === 'cut' && index + 1 >= middle && deltas > 0) {
      // Wait until the bytes are sent: the client must see half an answer, not none.
      await nextTurn();
      res.destroy();
      return;
    }
    await nextTurn();
  }
  if (!res.destroyed) res.end();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits for the given time, or until the client leaves. */
function pause(res: ServerResponse, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      res.off('close', finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    res.once('close', finish);
  });
}

function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      res.off('drain', finish).off('close', finish);
      resolve();
    };
    res.once('drain', finish).once('close', finish);
  });
}

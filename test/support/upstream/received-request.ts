import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Exchange } from './script';

/** A request as the provider received it: available once its headers have arrived, and updated as more arrives. */
export interface ReceivedRequest {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The part of the body read so far. */
  readonly body: Buffer;
  /** The bytes of the answer, including its head, that the operating system has accepted. */
  readonly bytesSent: number;
  /** `aborted`: the client left before the answer ended; `done`: it ended, or the script cut it. */
  readonly state: 'open' | 'done' | 'aborted';
  /** From `Date.now()`. */
  readonly abortedAt: number | undefined;
  /** Resolves when the state is no longer `open`. */
  readonly over: Promise<void>;
}

export interface FollowedRequest {
  readonly request: ReceivedRequest;
  readonly exchange: Exchange;
}

export function follow(req: IncomingMessage, res: ServerResponse): FollowedRequest {
  // A client that leaves during the answer is the subject of many tests, not an error.
  res.on('error', () => undefined);
  req.on('error', () => undefined);
  const { socket } = req;
  const sentBefore = socket.bytesWritten;
  const chunks: Buffer[] = [];
  let state: ReceivedRequest['state'] = 'open';
  let abortedAt: number | undefined;
  const over = new Promise<void>((resolve) =>
    res.once('close', () => {
      if (state === 'open') {
        state = res.writableFinished ? 'done' : 'aborted';
        abortedAt = state === 'aborted' ? Date.now() : undefined;
      }
      resolve();
    }),
  );
  let bodyRead: Promise<void> | undefined;
  const readBody = (): Promise<void> =>
    (bodyRead ??= new Promise((resolve) => {
      req.once('end', resolve).on('data', (chunk: Buffer) => chunks.push(chunk));
    }));
  return {
    request: {
      method: req.method!,
      path: req.url!,
      headers: req.headers,
      over,
      get body() {
        return Buffer.concat(chunks);
      },
      get bytesSent() {
        return socket.bytesWritten - socket.writableLength - sentBefore;
      },
      get state() {
        return state;
      },
      get abortedAt() {
        return abortedAt;
      },
    },
    exchange: { res, over, readBody, noteCut: () => void (state = 'done') },
  };
}

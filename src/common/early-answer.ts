import type { IncomingMessage, ServerResponse } from 'node:http';

/** A client that has sent nothing for so long has noticed the answer, or is gone. */
const MAX_SILENCE_MS = 5000;

/**
 * Answers a request whose body is still on its way; `Connection: close` is set already. The connection closes after that
 * body: when a server closes while bytes arrive, the client's system throws away what has not been read.
 */
export function sendEarly(response: ServerResponse & { req: IncomingMessage }, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', bytes.length);
  response.write(bytes);
  const silence = setTimeout(() => response.end(), MAX_SILENCE_MS);
  const end = (): void => {
    clearTimeout(silence);
    response.end();
  };
  response.req
    .on('data', () => void silence.refresh())
    .once('end', end)
    .once('close', end)
    .resume();
}

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  /** Such as `GET /api/tasks?q=milk`. */
  line: string;
  headers: IncomingHttpHeaders;
  /** undefined if the request had no body. */
  body: unknown;
  /** Resolves if the connection ends before the answer is complete. */
  isLeft: Promise<void>;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void;

/** A server on loopback with scripted answers, one for each request; the last answer repeats. */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  private answers: Answer[] = [];
  private readonly server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const seen: SeenRequest = {
        line: `${request.method} ${request.url}`,
        headers: request.headers,
        body: text === '' ? undefined : JSON.parse(text),
        isLeft: new Promise((resolve) =>
          response.once('close', () => response.writableFinished || resolve()),
        ),
      };
      this.requests.push(seen);
      const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      answer?.(response, seen);
    });
  });

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  /** Sets the next answers and forgets earlier requests. */
  will(...answers: Answer[]): void {
    this.requests.length = 0;
    this.answers = answers;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const json =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));

export const refusal = (status: number, code: string, headers: Record<string, string> = {}, more = {}) =>
  json(
    status,
    { error: `It is ${code}.`, message: `It is ${code}.`, code, request_id: 'req-1', ...more },
    headers,
  );

export const page =
  (status: number, text: string): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'text/html' }).end(text);

const STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };

export const toBlock = (block: object | string): string =>
  `data: ${typeof block === 'string' ? block : JSON.stringify(block)}\n\n`;

/** A stream that ends after these blocks. */
export const stream =
  (...blocks: (object | string)[]): Answer =>
  (response) =>
    void response.writeHead(200, STREAM).end(blocks.map(toBlock).join(''));

/** A stream that stays open after these blocks. */
export const endlessStream =
  (...blocks: (object | string)[]): Answer =>
  (response) =>
    void response.writeHead(200, STREAM).write(blocks.map(toBlock).join(''));

/** A stream whose connection is cut after these blocks have arrived. */
export const cutStream =
  (...blocks: (object | string)[]): Answer =>
  (response) =>
    void response.writeHead(200, STREAM).write(blocks.map(toBlock).join(''), () => response.destroy());

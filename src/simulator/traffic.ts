import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the simulator records about a request: never its text. */
export interface SeenRequest {
  readonly path: string;
  /** The requested model, once the body was read. */
  readonly model: string | undefined;
  readonly clientRequestId: string | undefined;
  /** `aborted`: the connection ended before the answer was complete. */
  readonly state: 'open' | 'done' | 'aborted';
}

const MOST_REMEMBERED = 200;

/** The last requests, newest last. */
export class Traffic {
  private readonly seen: { -readonly [Key in keyof SeenRequest]: SeenRequest[Key] }[] = [];

  /** Follows a request to its end; the returned function records the model. */
  follow(req: IncomingMessage, res: ServerResponse, path: string): (model: string) => void {
    const clientRequestId = req.headers['x-client-request-id'];
    const request: (typeof this.seen)[number] = {
      path,
      model: undefined,
      clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : undefined,
      state: 'open',
    };
    this.seen.push(request);
    if (this.seen.length > MOST_REMEMBERED) this.seen.shift();
    res.once('close', () => {
      request.state = res.writableFinished ? 'done' : 'aborted';
    });
    return (model) => {
      request.model = model;
    };
  }

  all(): SeenRequest[] {
    return this.seen.map((request) => ({ ...request }));
  }
}

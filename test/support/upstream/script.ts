import type { ServerResponse } from 'node:http';

/** One thing the upstream does with a request; several in a row are a script. */
export type Step =
  /** Reads the request's body to its end. A script that does not say when does it first. */
  | { readBody: true }
  /** Sends the head at once, on its own. */
  | { status: number; headers?: Record<string, string> }
  | { bytes: Buffer | string }
  /** Each byte by itself; whoever reads in this process gets it by itself. */
  | { oneByteAtATime: Buffer | string }
  | { wait: Promise<unknown> }
  /** Says no more until the client leaves. */
  | { hang: true }
  /** Closes the connection in the middle of the answer. */
  | { cut: true }
  | { end: true };

export type Script = readonly Step[];

export interface Exchange {
  readonly res: ServerResponse;
  /** Resolves when the connection or the answer is over. */
  readonly over: Promise<void>;
  readBody(): Promise<void>;
  /** Notes that it is we who end the connection. */
  noteCut(): void;
}

export async function playScript(script: Script, exchange: Exchange): Promise<void> {
  const isReadByItself = script.some((step) => 'readBody' in step);
  for (const step of isReadByItself ? script : [{ readBody: true } as const, ...script]) {
    if (exchange.res.destroyed) return;
    await playStep(step, exchange);
  }
}

async function playStep(step: Step, exchange: Exchange): Promise<void> {
  const { res, over } = exchange;
  if ('readBody' in step) await Promise.race([exchange.readBody(), over]);
  else if ('status' in step) res.writeHead(step.status, step.headers).flushHeaders();
  else if ('bytes' in step) await write(exchange, step.bytes);
  else if ('oneByteAtATime' in step) await writeByteByByte(exchange, step.oneByteAtATime);
  else if ('wait' in step) await Promise.race([step.wait, over]);
  else if ('hang' in step) await over;
  else if ('cut' in step) {
    // Once what was written is out: the client is to see half an answer, not none.
    await nextTurn();
    exchange.noteCut();
    res.destroy();
  } else res.end();
}

/** Resolves when the bytes are with the system, or the client has left. */
function write({ res, over }: Exchange, bytes: Buffer | string): Promise<void> {
  const written = new Promise<void>((resolve) => res.write(bytes, () => resolve()));
  return Promise.race([written, over]);
}

async function writeByteByByte(exchange: Exchange, content: Buffer | string): Promise<void> {
  for (const byte of Buffer.from(content as string)) {
    if (exchange.res.destroyed) return;
    await write(exchange, Buffer.of(byte));
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Holds a script (`{ wait: gate.opened }`) until the test opens it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

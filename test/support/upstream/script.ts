import type { ServerResponse } from 'node:http';

/** One action of the upstream on a request; a list of steps is a script. */
export type Step =
  /** Reads the request's body to its end. A script without this step reads the body first. */
  | { readBody: true }
  /** Sends the head at once, separately. */
  | { status: number; headers?: Record<string, string> }
  | { bytes: Buffer | string }
  /** Writes each byte separately; a reader in this process receives them separately. */
  | { oneByteAtATime: Buffer | string }
  | { wait: Promise<unknown> }
  /** Sends nothing more until the client leaves. */
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
  /** Records that the server, not the client, ends the connection. */
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
    // Wait until the bytes are sent: the client must see half an answer, not none.
    await nextTurn();
    exchange.noteCut();
    res.destroy();
  } else res.end();
}

/** Resolves when the operating system has the bytes, or the client has left. */
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

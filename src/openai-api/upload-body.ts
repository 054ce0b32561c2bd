import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import { AppError } from '../common/app-error';
import { describeBytes } from '../common/body-limit';
import { liftDeadline } from '../common/request-deadline.middleware';

/** How long a client may send nothing. */
const LONGEST_SILENCE_MS = 60_000;

export interface UploadBounds {
  mostBytes: number;
  /** The client has stopped sending. */
  onSilent(): void;
}

/**
 * A request's body on its way to the provider, no faster than the provider takes it. It is a stream of its own: what
 * ends it leaves the request and its connection alone, so that the client can still be answered.
 */
export class UploadBody extends Transform {
  isTooLarge = false;
  private bytes = 0;
  private readonly silence: NodeJS.Timeout;

  constructor(
    private readonly request: IncomingMessage,
    private readonly bounds: UploadBounds,
  ) {
    super();
    this.silence = setTimeout(() => this.onSilence(), LONGEST_SILENCE_MS);
    // Whoever sends it hears of its end too.
    this.on('error', () => undefined);
    liftDeadline(request);
    request.pipe(this);
  }

  /** What the client still sends is read and forgotten: it may not look at the answer before it has sent all. */
  dropRest(): void {
    this.request.unpipe(this);
    this.request.resume();
    this.destroy();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.silence.refresh();
    this.bytes += chunk.length;
    this.isTooLarge = this.bytes > this.bounds.mostBytes;
    if (this.isTooLarge) done(new Error('the upload is too large'));
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.silence);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.silence);
    done(error);
  }

  private onSilence(): void {
    // It is the provider that does not take what came.
    if (this.writableNeedDrain) this.silence.refresh();
    else this.bounds.onSilent();
  }
}

export const tooLarge = (maxBytes: number): AppError =>
  new AppError('body_too_large', `The upload is larger than ${describeBytes(maxBytes)}.`);

/** Waits for the rest of a request, unkept. */
export async function comeIn(request: IncomingMessage): Promise<void> {
  request.resume();
  if (!request.destroyed) await once(request, 'close').catch(() => undefined);
}

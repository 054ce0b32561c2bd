import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { AppError } from './app-error';
import { type BodyLimit, bodyTooLarge } from './body-limit';
import { type BodyMemory, noRoomForBody } from './body-memory';
import { ByteCollector } from './byte-collector';

declare module 'http' {
  interface IncomingMessage {
    /** Gives back what the body holds of `BodyMemory`: the body is needed no more. */
    releaseBody?: () => void;
  }
}

const DECODERS = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

type Done = (error: AppError | undefined, bytes: Buffer) => void;

/**
 * Reads a request's body into memory, decompressed. A declared length that is too large is refused at once, and the body
 * left on the wire.
 */
export class BodyReader {
  private readonly collected = new ByteCollector();
  private bytes = 0;
  private isOver = false;
  private decoder: Transform | undefined;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly bounds: { limit: BodyLimit; memory: BodyMemory },
    private readonly done: Done,
  ) {}

  read(): void {
    const { request } = this;
    // The client has left before anybody read.
    if (request.destroyed && !request.complete) {
      this.done(unreadable(), Buffer.alloc(0));
      return;
    }
    const refusal = this.refusalOfHead();
    if (refusal !== undefined) {
      this.done(refusal, Buffer.alloc(0));
      return;
    }
    this.decoder = DECODERS.get(encodingOf(request))?.();
    if (this.decoder !== undefined) request.pipe(this.decoder);
    (this.decoder ?? request)
      .on('data', (chunk: Buffer) => this.add(chunk))
      .on('end', () => this.end())
      .on('error', (cause) => this.end(unreadable(cause)));
    // The client has left.
    request.on('close', () => {
      if (!request.complete) this.end(unreadable());
    });
  }

  private refusalOfHead(): AppError | undefined {
    const { limit, memory } = this.bounds;
    const encoding = encodingOf(this.request);
    if (encoding !== 'identity' && !DECODERS.has(encoding)) {
      return new AppError('unsupported_media_type', 'This content encoding is not supported.');
    }
    const declaredBytes = Number(this.request.headers['content-length'] ?? 0);
    if (declaredBytes > limit.maxBytes) return bodyTooLarge(limit);
    return memory.hasRoomFor(declaredBytes) ? undefined : noRoomForBody();
  }

  private add(chunk: Buffer): void {
    if (this.isOver) return;
    const { limit, memory } = this.bounds;
    if (this.bytes + chunk.length > limit.maxBytes) {
      this.end(bodyTooLarge(limit));
      return;
    }
    if (!memory.take(chunk.length)) {
      this.end(noRoomForBody());
      return;
    }
    this.bytes += chunk.length;
    this.collected.push(chunk);
  }

  private end(error?: AppError): void {
    if (this.isOver) return;
    this.isOver = true;
    const { request, response } = this;
    const whole = this.collected.take();
    const release = (): void => {
      this.bounds.memory.giveBack(this.bytes);
      this.bytes = 0;
    };
    if (error !== undefined) {
      release();
      this.answerWhenIn(error);
      return;
    }
    request.releaseBody = release;
    if (response.closed) release();
    else response.once('close', release);
    this.done(undefined, whole);
  }

  /** The rest is read and forgotten first: many clients look for an answer only after they have sent everything. */
  private answerWhenIn(error: AppError): void {
    const { request, decoder } = this;
    if (decoder !== undefined) {
      request.unpipe(decoder);
      decoder.destroy();
    }
    if (request.complete || request.destroyed) {
      this.done(error, Buffer.alloc(0));
      return;
    }
    request.once('close', () => this.done(error, Buffer.alloc(0))).resume();
  }
}

const encodingOf = ({ headers }: IncomingMessage): string =>
  (headers['content-encoding'] || 'identity').toLowerCase();

const unreadable = (cause?: unknown): AppError =>
  new AppError('invalid_json', 'The request body could not be read.', { cause });

import { APIConnectionError } from 'openai';
import { type Dispatcher, errors, type Pool } from 'undici';
import { type ContentDecoder, decoderFor } from './content-decoder';
import type { ExchangeLink, LinkedOptions } from './provider-pool';
import { UpstreamIdleError, UpstreamReplyError } from './upstream-errors';

export interface UpstreamHead {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
}

/** The media type and its parameters; empty where the provider names none. */
export const contentTypeOf = ({ headers }: UpstreamHead): string => String(headers['content-type'] ?? '');

/** Receives an answer as it arrives. Nothing follows `onEnd` or `onFailure`. */
export interface ExchangeListener {
  onHead(head: UpstreamHead): void;
  onBytes(chunk: Buffer): void;
  onEnd(): void;
  onFailure(error: Error): void;
}

/**
 * One HTTP request to a provider. Callbacks and explicit state: a stream and an AbortController for each request cost
 * more than everything else here (docs/decisions/0007).
 */
export class UpstreamExchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private hasStarted = false;
  private hasHead = false;
  private hasReceivedAll = false;
  private isOver = false;
  private isAborted = false;
  private isPaused = false;
  private isWaitingForDecoder = false;
  private readonly link: ExchangeLink = {};
  /** Of an answer that came compressed. */
  private decoder: ContentDecoder | undefined;

  constructor(
    pool: Pool,
    options: Dispatcher.DispatchOptions,
    private readonly listener: ExchangeListener,
  ) {
    const linked: LinkedOptions = { ...options, link: this.link };
    pool.dispatch(linked, this);
  }

  /** Whether the provider can have seen anything of it: before, it waits for a connection. */
  get isSent(): boolean {
    return this.hasStarted;
  }

  /** Ends the request wherever it stands; the listener hears no more. */
  abort(): void {
    if (this.isOver) return;
    this.isAborted = true;
    this.end();
    this.controller?.abort(new errors.RequestAbortedError());
  }

  pause(): void {
    if (this.isOver) return;
    this.isPaused = true;
    this.decoder?.pause();
    this.setFlow();
  }

  resume(): void {
    if (this.isOver) return;
    this.isPaused = false;
    this.decoder?.resume();
    this.setFlow();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.hasStarted = true;
    if (this.isAborted) controller.abort(new errors.RequestAbortedError());
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: UpstreamHead['headers'],
  ): void {
    if (status < 200 || this.isOver) return;
    this.hasHead = true;
    try {
      this.decoder = decoderFor(headers['content-encoding'], {
        onBytes: (chunk) => this.listener.onBytes(chunk),
        onEnd: () => this.endUnpacked(),
        onFailure: (error) => this.refuse(error),
      });
    } catch (error) {
      this.refuse(error as Error);
      return;
    }
    this.listener.onHead({
      status,
      headers: this.decoder === undefined ? headers : unpackedHeaders(headers),
    });
    if (this.isPaused) controller.pause();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // Going on after a pause begins with an empty piece.
    if (this.isOver || chunk.length === 0) return;
    if (this.decoder === undefined) this.listener.onBytes(chunk);
    else this.decode(this.decoder, chunk);
  }

  onResponseEnd(): void {
    this.leaveConnection();
    if (this.isOver) return;
    if (this.decoder === undefined) this.finish(() => this.listener.onEnd());
    else this.decoder.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.finish(() => this.listener.onFailure(this.toFailure(error)));
  }

  private decode(decoder: ContentDecoder, chunk: Buffer): void {
    const onDrain = (): void => {
      this.isWaitingForDecoder = false;
      if (!this.isOver) this.setFlow();
    };
    if (decoder.write(chunk, onDrain)) return;
    this.isWaitingForDecoder = true;
    this.setFlow();
  }

  /** Whether the connection is read from. One that ends while it is held has to go on: see `provider-pool.ts`. */
  private setFlow(): void {
    if (this.hasReceivedAll) return;
    if (this.isPaused || this.isWaitingForDecoder) {
      this.link.resume = () => {
        this.link.resume = undefined;
        this.controller?.resume();
      };
      this.controller?.pause();
    } else {
      this.link.resume = undefined;
      this.controller?.resume();
    }
  }

  /** The packed bytes have come to their end, perhaps before the answer has. */
  private endUnpacked(): void {
    const { controller, hasReceivedAll } = this;
    this.finish(() => this.listener.onEnd());
    if (!hasReceivedAll) controller?.abort(new errors.RequestAbortedError());
  }

  /** The answer cannot be unpacked. */
  private refuse(error: Error): void {
    const { controller } = this;
    this.finish(() => this.listener.onFailure(error));
    controller?.abort(error);
  }

  /** It may serve another request from now on. */
  private leaveConnection(): void {
    this.hasReceivedAll = true;
    this.controller = undefined;
    this.link.resume = undefined;
  }

  private finish(tell: () => void): void {
    if (this.isOver) return;
    this.end();
    tell();
  }

  private end(): void {
    this.isOver = true;
    this.link.resume = undefined;
    this.decoder?.destroy();
  }

  private toFailure(error: Error): Error {
    if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
      return new UpstreamIdleError('no byte in time');
    }
    if (this.hasHead) return new UpstreamReplyError('upstream_error', 'the connection broke off');
    return new APIConnectionError({ cause: error });
  }
}

/** What is said of the packed bytes is not true of the unpacked ones. */
function unpackedHeaders(headers: UpstreamHead['headers']): UpstreamHead['headers'] {
  const { 'content-encoding': _encoding, 'content-length': _length, ...rest } = headers;
  return rest;
}

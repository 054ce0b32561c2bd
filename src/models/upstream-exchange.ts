import { APIConnectionError } from 'openai';
import { type Dispatcher, errors, type Pool } from 'undici';
import type { ExchangeLink, LinkedOptions } from './provider-pool';
import { UpstreamIdleError, UpstreamReplyError } from './upstream-errors';

export interface UpstreamHead {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
}

/** Who is told of an answer as it comes; after `onEnd` or `onFailure` nothing more. */
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
  private hasHead = false;
  private isOver = false;
  private isAborted = false;
  private isPaused = false;
  private readonly link: ExchangeLink = {};

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
    return this.controller !== undefined;
  }

  /** Ends the request wherever it stands; the listener hears no more. */
  abort(): void {
    if (this.isOver) return;
    this.isAborted = true;
    this.end();
    this.controller?.abort(new errors.RequestAbortedError());
  }

  pause(): void {
    // Of what is over the connection may serve another.
    if (this.isOver) return;
    this.isPaused = true;
    this.link.resume = () => this.resume();
    this.controller?.pause();
  }

  resume(): void {
    if (this.isOver) return;
    this.isPaused = false;
    this.link.resume = undefined;
    this.controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isAborted) controller.abort(new errors.RequestAbortedError());
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: UpstreamHead['headers'],
  ): void {
    if (status < 200 || this.isOver) return;
    this.hasHead = true;
    this.listener.onHead({ status, headers });
    if (this.isPaused) controller.pause();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // Going on after a pause begins with an empty piece.
    if (!this.isOver && chunk.length > 0) this.listener.onBytes(chunk);
  }

  onResponseEnd(): void {
    if (this.isOver) return;
    this.end();
    this.listener.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.isOver) return;
    this.end();
    this.listener.onFailure(this.toFailure(error));
  }

  private end(): void {
    this.isOver = true;
    this.link.resume = undefined;
  }

  private toFailure(error: Error): Error {
    if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
      return new UpstreamIdleError('no byte in time');
    }
    if (this.hasHead) return new UpstreamReplyError('upstream_error', 'the connection broke off');
    return new APIConnectionError({ cause: error });
  }
}

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { AppError } from '../common/app-error';
import { ByteCollector } from '../common/byte-collector';
import { describeError } from '../common/describe-error';
import { JsonOutlineReader } from '../common/json-outline';
import { PacedResponse } from '../common/paced-response';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { isErrorAnswer, toEventError } from '../models/provider-events';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';

/** An answer up to this long is checked as a whole before its first byte goes out. */
export const MAX_CHECKED_BYTES = 1024 * 1024;

export type JsonObject = Readonly<Record<string, unknown>>;

export interface AnswerRelayOptions {
  headers: OutgoingHttpHeaders;
  /** Whether the answer must be a JSON object. Without it, bytes go out as they come. */
  isJson?: boolean;
  /**
   * Done before the last byte goes out, so before the client can read the answer; a short answer waits with its first
   * byte. Of a long one it is given the outline.
   */
  before?: (answer: JsonObject) => Promise<void>;
}

/**
 * Hands a provider's answer on as bytes, no faster than its reader reads. What fails before the first byte is an
 * ordinary error; what breaks later is reset.
 */
export class AnswerRelay implements ByteSink {
  private static readonly logger = new Logger(AnswerRelay.name);
  private readonly paced: PacedResponse;
  /** What came before the answer was opened. */
  private readonly beginning = new ByteCollector();
  /** The last chunk of an open answer, where something is done before its end. */
  private last: Buffer | undefined;
  /** Of an answer too long to be held. */
  private outline: JsonOutlineReader | undefined;
  private finish: { resolve(): void; reject(error: AppError): void } | undefined;

  constructor(
    private readonly call: ForwardedCall,
    private readonly response: ServerResponse,
    private readonly head: UpstreamHead,
    private readonly options: AnswerRelayOptions,
  ) {
    this.paced = new PacedResponse(response, {
      onBehind: () => call.pause(),
      onCaughtUp: () => call.resume(),
    });
  }

  /**
   * Settles when the answer is over, well or reset.
   * @throws AppError where it failed before its first byte
   */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.finish = { resolve, reject };
      this.call.flow(this);
    });
  }

  onBytes(chunk: Buffer): void {
    if (this.response.headersSent) {
      this.send(chunk);
      return;
    }
    this.beginning.push(chunk);
    if (this.options.isJson && this.beginning.bytes <= MAX_CHECKED_BYTES) return;
    this.open();
  }

  onEnd(): void {
    try {
      if (!this.response.headersSent) this.onWhole(this.beginning.take());
      else if (this.outline === undefined) this.end(undefined);
      else this.afterwards(this.options.before?.(this.outline.outline ?? {}), () => this.end(this.last));
    } catch (error) {
      this.onBroken(toUpstreamError(error));
    }
  }

  onBroken(error: AppError): void {
    if (!this.response.headersSent) {
      this.finish?.reject(error);
      return;
    }
    if (error.code !== 'client_left') this.report(error);
    this.response.destroy();
    this.finish?.resolve();
  }

  private open(): void {
    if (this.options.isJson && this.options.before !== undefined) this.outline = new JsonOutlineReader();
    const length = this.head.headers['content-length'];
    this.response.writeHead(this.head.status, {
      ...this.options.headers,
      ...(typeof length === 'string' ? { 'Content-Length': length } : {}),
    });
    this.send(this.beginning.take());
  }

  /** The last chunk waits where something is done before the end. */
  private send(chunk: Buffer): void {
    this.outline?.add(chunk);
    const { last } = this;
    this.last = this.outline === undefined ? undefined : chunk;
    const sent = this.outline === undefined ? chunk : last;
    if (sent !== undefined) this.paced.write(sent);
  }

  private onWhole(whole: Buffer): void {
    const end = (): void => {
      this.response.writeHead(this.head.status, { ...this.options.headers, 'Content-Length': whole.length });
      this.end(whole);
    };
    if (!this.options.isJson) {
      end();
      return;
    }
    const answer = this.call.answer ?? parseObject(whole);
    if (isErrorAnswer(answer)) throw toEventError(answer);
    this.afterwards(this.options.before?.(answer), end);
  }

  private afterwards(pending: Promise<void> | undefined, end: () => void): void {
    if (pending === undefined) end();
    else pending.then(end).catch((error) => this.onBroken(toUpstreamError(error)));
  }

  private end(rest: Buffer | undefined): void {
    if (rest !== undefined) this.paced.write(rest);
    this.paced.end();
    this.finish?.resolve();
  }

  private report(error: AppError): void {
    AnswerRelay.logger.error({
      event: 'answer_broken',
      code: error.code,
      request_id: String(this.response.getHeader('X-Request-Id')),
      ...describeError(error.cause ?? error),
    });
  }
}

/** @throws UpstreamReplyError where it is no JSON object */
function parseObject(bytes: Buffer): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    value = undefined;
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  throw new UpstreamReplyError('upstream_invalid_response', 'no JSON object');
}

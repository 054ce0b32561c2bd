import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { AppError } from '../common/app-error';
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
  private held: Buffer[] = [];
  private heldBytes = 0;
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
    this.held.push(chunk);
    this.heldBytes += chunk.length;
    this.outline?.add(chunk);
    if (!this.response.headersSent && this.options.isJson && this.heldBytes <= MAX_CHECKED_BYTES) return;
    this.sendHeld();
  }

  onEnd(): void {
    try {
      const pending = this.beforeEnd();
      if (pending === undefined) this.end();
      else pending.then(() => this.end()).catch((error) => this.onBroken(toUpstreamError(error)));
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

  /** Opens the answer where that is still to be done. Its last chunk waits where something is done before the end. */
  private sendHeld(): void {
    const { isJson, before } = this.options;
    if (!this.response.headersSent) {
      if (isJson && before !== undefined) {
        this.outline = new JsonOutlineReader();
        this.held.forEach((chunk) => this.outline!.add(chunk));
      }
      const length = this.head.headers['content-length'];
      this.response.writeHead(this.head.status, {
        ...this.options.headers,
        ...(typeof length === 'string' ? { 'Content-Length': length } : {}),
      });
    }
    for (const chunk of this.held.splice(0, this.held.length - (before === undefined ? 0 : 1))) {
      this.paced.write(chunk);
    }
  }

  /** @throws UpstreamReplyError where a whole answer should be JSON, and is not */
  private beforeEnd(): Promise<void> | undefined {
    const { isJson, before } = this.options;
    if (!isJson) return undefined;
    if (this.response.headersSent) return before?.(this.outline?.outline ?? {});
    if (this.held.length > 1) this.held = [Buffer.concat(this.held)];
    const answer = this.call.answer ?? parseObject(this.held[0] ?? Buffer.alloc(0));
    if (isErrorAnswer(answer)) throw toEventError(answer);
    return before?.(answer);
  }

  private end(): void {
    if (!this.response.headersSent) {
      const headers = { ...this.options.headers, 'Content-Length': this.held[0]?.length ?? 0 };
      this.response.writeHead(this.head.status, headers);
    }
    for (const chunk of this.held.splice(0)) this.paced.write(chunk);
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

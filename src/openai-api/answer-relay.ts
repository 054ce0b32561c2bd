import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { AppError } from '../common/app-error';
import { describeError } from '../common/describe-error';
import { PacedResponse } from '../common/paced-response';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { toUpstreamError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';

/** An answer up to this long is checked as a whole before its first byte goes out. */
export const LONGEST_CHECKED_BYTES = 1024 * 1024;

export interface AnswerRelayOptions {
  headers: OutgoingHttpHeaders;
  /** Of an answer short enough; throws where it is not what it should be. Without it, bytes go out as they come. */
  check?: (whole: Buffer) => void;
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
      this.paced.write(chunk);
      return;
    }
    this.held.push(chunk);
    this.heldBytes += chunk.length;
    if (this.options.check === undefined || this.heldBytes > LONGEST_CHECKED_BYTES) this.open();
  }

  onEnd(): void {
    if (this.response.headersSent) this.paced.end();
    else if (!this.sendWhole(Buffer.concat(this.held))) return;
    this.finish?.resolve();
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
    const length = this.head.headers['content-length'];
    this.response.writeHead(this.head.status, {
      ...this.options.headers,
      ...(typeof length === 'string' ? { 'Content-Length': length } : {}),
    });
    for (const chunk of this.held.splice(0)) this.paced.write(chunk);
  }

  private sendWhole(whole: Buffer): boolean {
    try {
      this.options.check?.(whole);
    } catch (error) {
      this.finish?.reject(toUpstreamError(error));
      return false;
    }
    this.response.writeHead(this.head.status, { ...this.options.headers, 'Content-Length': whole.length });
    this.paced.end(whole);
    return true;
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

import { APIError } from 'openai';
import type { UpstreamHead } from './upstream-exchange';

/** What a provider says beyond it is not read. */
const LONGEST_BODY = 64 * 1024;

/** A provider's answer of a bad status, as the SDK would throw it, so that one place maps both. */
export class ErrorAnswer {
  private readonly chunks: Buffer[] = [];
  private size = 0;

  constructor(private readonly head: UpstreamHead) {}

  get isFull(): boolean {
    return this.size >= LONGEST_BODY;
  }

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  toError(): APIError {
    const headers = new Headers();
    const retryAfter = this.head.headers['retry-after'];
    if (typeof retryAfter === 'string') headers.set('retry-after', retryAfter);
    return APIError.generate(this.head.status, this.body(), undefined, headers);
  }

  private body(): object | undefined {
    try {
      const body: unknown = JSON.parse(Buffer.concat(this.chunks).toString('utf8'));
      // Gemini's endpoint wraps its errors in an array.
      const error: unknown = Array.isArray(body) ? body[0] : body;
      return error !== null && typeof error === 'object' ? error : undefined;
    } catch {
      return undefined;
    }
  }
}

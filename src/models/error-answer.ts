import { parseErrorBody, readErrorBody } from './provider-error-body';
import { ProviderRefusal } from './upstream-errors';
import type { UpstreamHead } from './upstream-exchange';

/** What a provider says beyond it is not read. */
const LONGEST_BODY = 64 * 1024;
/** Whether and when to try again; nothing else of a head is of use. */
const KEPT_HEADERS = ['retry-after', 'retry-after-ms', 'x-should-retry'];

/** A provider's answer with a bad status. Its body is bounded, and read once it is there. */
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

  toError(): ProviderRefusal {
    const { status } = this.head;
    const headers = new Headers();
    for (const name of KEPT_HEADERS) {
      const value = this.head.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const text = Buffer.concat(this.chunks).toString('utf8');
    return new ProviderRefusal(status, readErrorBody(parseErrorBody(text)), headers);
  }
}

/**
 * A reply that is read while it arrives: iterate over it, or await its `result()`. The first read sends the request;
 * leaving the loop cancels it. A stream can be read only once.
 */
export class ReplyStream<Event, Result> implements AsyncIterable<Event> {
  private readonly events: AsyncGenerator<Event, void, undefined>;
  private outcome: { result: Result } | { error: unknown } | undefined;

  constructor(reply: AsyncGenerator<Event, Result, undefined>) {
    this.events = this.follow(reply);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    return this.events;
  }

  /**
   * Reads the rest of the stream.
   * @returns the result of the reply
   */
  async result(): Promise<Result> {
    for await (const _ of this.events);
    if (this.outcome === undefined) throw new Error('The stream was left before its end.');
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.result;
  }

  private async *follow(
    reply: AsyncGenerator<Event, Result, undefined>,
  ): AsyncGenerator<Event, void, undefined> {
    try {
      this.outcome = { result: yield* reply };
    } catch (error) {
      this.outcome = { error };
      throw error;
    }
  }
}

import { ledgerModel } from '../call-settlement';
import type { UpstreamHead } from '../upstream-exchange';
import type { AnswerStore } from './answer-store';
import type { KeptAnswer } from './kept-answer';
import { readWholeAnswer } from './whole-answer';

const EVENT_STREAM = /^text\/event-stream\b/i;
const JSON_TYPE = /^application\/json\b/i;

/** An answer that came to its end. */
export interface EndedAnswer {
  head: UpstreamHead;
  body: Buffer;
  /** The bound of its output where we set it, the client having set none. */
  boundedTo: number | undefined;
}

/** The one place where the answer to a request lies, or is to lie. */
export class AnswerSlot {
  constructor(
    private readonly store: AnswerStore,
    private readonly key: string,
    private readonly isStream: boolean,
    private readonly onSearched: (isFound: boolean) => void,
  ) {}

  async find(): Promise<KeptAnswer | undefined> {
    const kept = await this.store.find(this.key);
    this.onSearched(kept !== undefined);
    return kept;
  }

  /** Keeps an answer if it is a good one, which no bound of ours has cut: that depends on what is left of a limit. */
  keep({ head, body, boundedTo }: EndedAnswer): void {
    const contentType = String(head.headers['content-type'] ?? '');
    const isAsAsked = (this.isStream ? EVENT_STREAM : JSON_TYPE).test(contentType);
    if (head.status !== 200 || !isAsAsked) return;
    const whole = readWholeAnswer(body, this.isStream);
    if (whole === undefined || whole.usage.output >= (boundedTo ?? Infinity)) return;
    this.store.keep(this.key, { contentType, model: ledgerModel(whole.model), body });
  }
}

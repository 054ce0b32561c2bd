import type { KeptAnswer } from './kept-answer';

/** Where answers are kept for a while. It may lose any of them, and fails at nothing. */
export interface AnswerStore {
  find(key: string): Promise<KeptAnswer | undefined>;
  keep(key: string, answer: KeptAnswer): void;
}

/** Of one answer; what is longer is not worth the room. */
export const MOST_ANSWER_BYTES = 256 * 1024;

import type { AnswerStore } from './answer-store';
import type { KeptAnswer } from './kept-answer';

const MOST_BYTES = 64 * 1024 * 1024;
/** What an entry takes beside its answer, about. */
const ENTRY_BYTES = 500;

interface Entry {
  answer: KeptAnswer;
  /** By `performance.now()`, which nobody sets. */
  endsAtMs: number;
}

/** The answers of this instance. Where there is no more room, those go that were asked for least lately. */
export class MemoryAnswerStore implements AnswerStore {
  /** Those asked for last stand last. */
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  constructor(
    private readonly ttlMs: number,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  async find(key: string): Promise<KeptAnswer | undefined> {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.drop(key);
    if (performance.now() >= entry.endsAtMs) return undefined;
    this.put(key, entry);
    return entry.answer;
  }

  keep(key: string, answer: KeptAnswer): void {
    this.drop(key);
    this.put(key, { answer, endsAtMs: performance.now() + this.ttlMs });
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.mostBytes) return;
      this.drop(oldest);
    }
  }

  private put(key: string, entry: Entry): void {
    this.entries.set(key, entry);
    this.bytes += sizeOf(entry);
  }

  private drop(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.bytes -= sizeOf(entry);
  }
}

const sizeOf = ({ answer: { body, contentType, model } }: Entry): number =>
  body.length + 2 * (contentType.length + model.length) + ENTRY_BYTES;

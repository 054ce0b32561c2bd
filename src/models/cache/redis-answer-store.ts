import type { RESP_TYPES } from 'redis';
import { answerInTime } from '../../redis/answer-in-time';
import type { RedisConnection } from '../../redis/redis-connection';
import { type AnswerStore, MOST_ANSWER_BYTES } from './answer-store';
import { type KeptAnswer, packAnswer, unpackAnswer } from './kept-answer';

/** Less than limits have: a request may have waited for those already. */
const LONGEST_SEARCH_MS = 50;
/** What no answer of ours goes beyond, with what stands before it. */
const MOST_PACKED_BYTES = MOST_ANSWER_BYTES + 4096;

/** Named here, for the package is loaded only where there is a Redis. */
const BLOB_STRING: (typeof RESP_TYPES)['BLOB_STRING'] = 36;
const AS_BYTES = { [BLOB_STRING]: Buffer };

/** The answers of all instances. While Redis is away, or in no hurry, there are none. */
export class RedisAnswerStore implements AnswerStore {
  constructor(
    private readonly redis: RedisConnection,
    private readonly ttlMs: number,
  ) {}

  async find(key: string): Promise<KeptAnswer | undefined> {
    try {
      const packed = await answerInTime(this.read(key), LONGEST_SEARCH_MS);
      return packed === null ? undefined : unpackAnswer(key, packed);
    } catch {
      return undefined;
    }
  }

  keep(key: string, answer: KeptAnswer): void {
    const options = { expiration: { type: 'PX', value: this.ttlMs } } as const;
    this.redis
      .run((client) => client.set(nameOf(key), packAnswer(key, answer), options))
      // The connection tells of what is wrong with it.
      .catch(() => undefined);
  }

  /** No more than could be ours, whatever lies there. */
  private read(key: string): Promise<Buffer | null> {
    return this.redis.run((client) =>
      client.withTypeMapping(AS_BYTES).getRange(nameOf(key), 0, MOST_PACKED_BYTES),
    );
  }
}

const nameOf = (key: string): string => `keyturn:answer:${key}`;

/** Redis did not answer, or is known not to. */
export class RedisAwayError extends Error {
  override readonly name = 'RedisAwayError';
}

/** A timer that comes so late was held up, and so was all else here. */
const STALL_MS = 20;
/** What an answer has after a stall: the command may not even have been written before, nor Redis have had more time. */
const GRACE_MS = 50;

/**
 * The answer, if it comes in time. The client's own time-outs don't reject what is already written. Time in which this
 * process did nothing but something else is not held against Redis.
 * @throws RedisAwayError
 */
export function answerInTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const giveUp = (): void => reject(new RedisAwayError(`Redis did not answer within ${timeoutMs} ms.`));
    // What has come meanwhile lies there already: it is read before what is put off.
    const giveUpNext = (): void => void setImmediate(giveUp);
    let timer = setTimeout(() => {
      const wasHeldUp = performance.now() - startedAt > timeoutMs + STALL_MS;
      if (wasHeldUp) timer = setTimeout(giveUpNext, GRACE_MS);
      else giveUpNext();
    }, timeoutMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

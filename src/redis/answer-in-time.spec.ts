import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { answerInTime, RedisAwayError } from './answer-in-time';

/** Keeps the event loop from all else. */
function stall(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('answerInTime', () => {
  it('gives up in time', async () => {
    const startedAt = performance.now();
    await expect(answerInTime(new Promise(() => undefined), 30)).rejects.toThrow(RedisAwayError);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29);
  });

  it.each<[string, () => Promise<string>]>([
    ['which lies there already', () => nextTurn('answer')],
    // As with the client, which writes a command when the present turn is over.
    ['to what was written only after it', () => nextTurn().then(() => wait(5, 'answer'))],
  ])('holds no stall of its own process against an answer %s', async (_, ask) => {
    const answer = answerInTime(ask(), 20);
    stall(80);
    await expect(answer).resolves.toBe('answer');
  });

  it('gives up after a stall, too', async () => {
    const answer = answerInTime(new Promise(() => undefined), 20);
    stall(80);
    await expect(answer).rejects.toThrow(RedisAwayError);
  });
});

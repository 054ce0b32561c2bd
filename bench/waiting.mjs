import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 60_000;
const PAUSE_MS = 50;

/** @returns whether the condition became true within a minute */
export async function until(isTrue) {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) return false;
    await delay(PAUSE_MS);
  }
  return true;
}

/** @returns when the number last changed, once it has stayed the same for `stillMs` */
export async function untilStill(read, stillMs) {
  let [last, changedAt] = [await read(), performance.now()];
  while (performance.now() - changedAt < stillMs) {
    await delay(PAUSE_MS);
    const now = await read();
    if (now !== last) [last, changedAt] = [now, performance.now()];
  }
  return changedAt;
}

/** Holds many streams open at once, and compares each with what the provider sent. */
import { Agent, request } from 'undici';
import { residentMb } from './proc.mjs';
import { DEFAULT_PLAN } from './reply-plan.mjs';
import { until } from './waiting.mjs';

export const HELD = 2000;
const OPENED_AT_ONCE = 100;
const PLAN = { isHeld: true, size: 60 };
const TIMEOUT_MS = 60_000;

/** Half of each stream is sent, then all wait: this proves that all are open at once. */
export async function holdStreams(door, app, upstream) {
  let heldMb;
  const outcomes = await readStreams(door, app, HELD, PLAN, async () => {
    const areHeld = await until(async () => (await upstream.ask({ ask: 'stats' })).held === HELD);
    if (areHeld) heldMb = residentMb(app.pid);
    await upstream.ask({ ask: 'release' });
  });
  const faults = outcomes.filter((fault) => fault !== undefined);
  return { right: outcomes.length - faults.length, fault: faults[0], residentMb: heldMb };
}

/**
 * @param whenOpen called when every stream has begun
 * @returns the fault of each stream, or undefined
 */
export async function readStreams(door, app, count, plan, whenOpen) {
  const dispatcher = new Agent({ pipelining: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const streams = [];
  for (let index = 0; index < count; index++) {
    const stream = openStream(door, app, { ...plan, label: `s${index}` }, dispatcher);
    streams.push(stream);
    if (index % OPENED_AT_ONCE === 0) await stream.isOpen;
  }
  await Promise.all(streams.map(({ isOpen }) => isOpen));
  await whenOpen?.();
  const outcomes = await Promise.all(streams.map(({ outcome }) => outcome));
  await dispatcher.close();
  return outcomes;
}

function openStream({ path, body, check, kind }, { url, headers }, plan, dispatcher) {
  const answer = request(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body(plan)),
    dispatcher,
  });
  const read = async () => {
    const { statusCode, body: stream } = await answer;
    const text = await stream.text();
    if (statusCode !== 200) return String(statusCode);
    return check(text, kind.events({ ...DEFAULT_PLAN, ...plan }).join(''));
  };
  return {
    isOpen: answer.catch(() => undefined),
    outcome: read().catch((error) => error.code ?? error.message),
  };
}

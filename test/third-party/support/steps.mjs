import { refusedHosts } from './loopback-only.mjs';

/** Keyturn in front of the simulator: what most steps ask. */
export const baseURL = `${process.env.KEYTURN_URL}/v1`;

/** Keyturn in front of a provider that says fixed words at a fixed cost (test/support/fixed-provider.ts). */
export const fixedBaseURL = `${process.env.KEYTURN_FIXED_URL}/v1`;

export const apiKey = process.env.KEYTURN_TOKEN;
export const MODEL = 'gpt-4o-mini';
export const EMBEDDING_MODEL = 'text-embedding-3-small';

/** The simulator repeats what follows "say". */
export const GREETING = { prompt: 'say hello there', text: 'hello there' };

/** The simulator calls a declared tool that shares a word with this question, and answers with its result. */
export const QUESTION = 'What is the weather in Paris?';

/** What the fixed provider says to `prompt`, and what it says that cost. */
export const COUNTED = {
  prompt: 'count',
  text: 'Counted well.',
  usage: { input: 21, output: 7, total: 28, cached: 4, reasoning: 2 },
};

/** The JSON that the fixed provider answers to `prompt`, as text or as the arguments of an old-style function. */
export const TRIP = { prompt: 'trip', value: { city: 'Rome', days: 3 } };

/** To this the fixed provider says that the context is too long. */
export const TOO_LONG = 'too long';

/** To this the fixed provider says "a" and "b", and then, in the stream, that it failed. */
export const FAILING = { prompt: 'fail in the middle', text: 'ab' };

/** To this the fixed provider says nothing at all. */
export const NEVER = 'never answer';

/** @returns what `promise` was rejected with */
export async function rejectionOf(promise) {
  const value = await promise.then(
    () => undefined,
    (error) => ({ error }),
  );
  if (value === undefined) throw new Error('Expected an error, but the call went well.');
  return value.error;
}

/** Reads a stream to its end. */
export async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Reads a stream until it breaks. @returns the items before, and what it broke with */
export async function readUntilError(stream) {
  const items = [];
  const error = await rejectionOf(
    (async () => {
      for await (const item of await stream) items.push(item);
    })(),
  );
  return { items, error };
}

/** What a stream gives until it ends or throws; `error` is undefined where it ends. */
export async function readOn(stream) {
  const items = [];
  try {
    for await (const item of await stream) items.push(item);
    return { items };
  } catch (error) {
    return { items, error };
  }
}

/** Runs the steps one after the other and writes a line of JSON for each: its name, and its fault or null. */
export async function runSteps(steps) {
  for (const [step, run] of Object.entries(steps)) {
    let fault = null;
    try {
      await run();
      if (refusedHosts.size > 0) throw new Error(`It tried to reach ${[...refusedHosts].join(', ')}.`);
    } catch (error) {
      fault = String(error?.stack ?? error);
    }
    await new Promise((written) => process.stdout.write(`${JSON.stringify({ step, fault })}\n`, written));
  }
  process.exit();
}

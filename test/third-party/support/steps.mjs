import { refusedHosts } from './loopback-only.mjs';

/** Keyturn in front of the simulator: used by most steps. */
export const baseURL = `${process.env.KEYTURN_URL}/v1`;

/** Keyturn in front of a provider with fixed answers at a fixed cost (test/support/fixed-provider.ts). */
export const fixedBaseURL = `${process.env.KEYTURN_FIXED_URL}/v1`;

export const apiKey = process.env.KEYTURN_TOKEN;
export const MODEL = 'gpt-4o-mini';
export const EMBEDDING_MODEL = 'text-embedding-3-small';

/** The simulator repeats the words after "say". */
export const GREETING = { prompt: 'say hello there', text: 'hello there' };

/** The simulator calls a declared tool that shares a word with this question, and answers with the tool's result. */
export const QUESTION = 'What is the weather in Paris?';

/** The fixed provider's answer to `prompt`, and its reported usage. */
export const COUNTED = {
  prompt: 'count',
  text: 'Counted well.',
  usage: { input: 21, output: 7, total: 28, cached: 4, reasoning: 2 },
};

/** The fixed provider's JSON answer to `prompt`, as text or as the arguments of an old-style function. */
export const TRIP = { prompt: 'trip', value: { city: 'Rome', days: 3 } };

/** The fixed provider answers this prompt with "context too long". */
export const TOO_LONG = 'too long';

/** The fixed provider streams "a" and "b" for this prompt, then reports a failure. */
export const FAILING = { prompt: 'fail in the middle', text: 'ab' };

/** The fixed provider never answers this prompt. */
export const NEVER = 'never answer';

/** @returns the reason with which `promise` was rejected */
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

/**
 * Reads a stream until it breaks.
 * @returns the items before the break, and its error
 */
export async function readUntilError(stream) {
  const items = [];
  const error = await rejectionOf(
    (async () => {
      for await (const item of await stream) items.push(item);
    })(),
  );
  return { items, error };
}

/** What a stream yields until it ends or throws; `error` is undefined if it ends. */
export async function readOn(stream) {
  const items = [];
  try {
    for await (const item of await stream) items.push(item);
    return { items };
  } catch (error) {
    return { items, error };
  }
}

/** Runs the steps in order and prints a line of JSON for each: its name, and its fault or null. */
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

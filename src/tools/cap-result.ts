import { shortenText } from '../common/cut-text';

/** As UTF-8 bytes of JSON: what one tool's result may take of the model's context. */
export const LARGEST_RESULT_BYTES = 8192;

/** Tried in turn until the result fits. */
const TEXT_LIMITS = [2000, 1000, 500, 200, 100, 50, 20];

type JsonObject = Record<string, unknown>;

/**
 * Makes a result fit. A list keeps its first items whole; where not even one fits, or there is no list, long texts are
 * cut with `…`. Whatever was left out, the result says `truncated`.
 */
export function capResult(result: unknown, largestBytes = LARGEST_RESULT_BYTES): unknown {
  const fits = (value: unknown): boolean => Buffer.byteLength(JSON.stringify(value)) <= largestBytes;
  const json = JSON.parse(JSON.stringify(result ?? null)) as unknown;
  if (fits(json)) return json;
  const whole = isObject(json) ? json : { value: json };
  return shortenList(whole, fits) ?? shortenTexts(whole, fits) ?? { truncated: true };
}

function shortenList(whole: JsonObject, fits: (value: unknown) => boolean): JsonObject | undefined {
  const [name, items] = Object.entries(whole).find(([, value]) => Array.isArray(value)) ?? [];
  if (name === undefined || !Array.isArray(items)) return undefined;
  const withFirst = (count: number): JsonObject => ({
    ...whole,
    [name]: items.slice(0, count) as unknown[],
    truncated: true,
  });
  let fitting = 0;
  let tooMany = items.length + 1;
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (fits(withFirst(middle))) fitting = middle;
    else tooMany = middle;
  }
  return fitting === 0 ? undefined : withFirst(fitting);
}

function shortenTexts(whole: JsonObject, fits: (value: unknown) => boolean): JsonObject | undefined {
  for (const limit of TEXT_LIMITS) {
    const shortened = { ...(cutTexts(whole, limit) as JsonObject), truncated: true };
    if (fits(shortened)) return shortened;
    const listed = shortenList(shortened, fits);
    if (listed !== undefined) return listed;
  }
  return undefined;
}

function cutTexts(value: unknown, limit: number): unknown {
  if (typeof value === 'string') return shortenText(value, limit);
  if (Array.isArray(value)) return value.map((item) => cutTexts(item, limit));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutTexts(item, limit)]));
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

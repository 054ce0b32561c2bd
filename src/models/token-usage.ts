import type { TokenUsage } from '../usage/usage.types';

/** Beyond what any model takes; a number above is a fault that must not overflow the ledger. */
const MOST_TOKENS = 1_000_000_000;

type Fields = Readonly<Record<string, unknown>>;

/** Where providers name the parts of the input that cost another price; the first that is a count holds. */
const CACHED_NAMES = [
  'cached_tokens',
  'prompt_cache_hit_tokens', // DeepSeek
  'cache_read_input_tokens', // Anthropic, as gateways pass it on
];
const CACHE_WRITE_NAMES = ['cache_write_tokens', 'cache_creation_input_tokens'];
const INPUT_DETAILS = ['prompt_tokens_details', 'input_tokens_details'];
const OUTPUT_DETAILS = ['completion_tokens_details', 'output_tokens_details'];

/**
 * The token usage that an answer, or an event of one, reports; undefined where it reports none. Usage of nothing at all
 * is no report: every request has some input.
 */
export function usageOf(answer: Fields | undefined): TokenUsage | undefined {
  for (const usage of placesOfUsage(answer)) {
    const tokens = toTokenUsage(usage);
    if (tokens !== undefined && tokens.input + tokens.output > 0) return tokens;
  }
  return undefined;
}

function placesOfUsage(answer: Fields | undefined): unknown[] {
  const [choice] = Array.isArray(answer?.choices) ? (answer.choices as unknown[]) : [];
  return [
    answer?.usage,
    fieldsOf(answer?.response).usage, // events of the Responses API
    fieldsOf(answer?.x_groq).usage,
    fieldsOf(choice).usage, // Moonshot's streams
  ];
}

/**
 * A provider's usage object in our terms; undefined where it is none. Chat Completions and embeddings count
 * `prompt_tokens`, the Responses API `input_tokens`; cached and reasoning tokens are parts, not additions.
 */
export function toTokenUsage(value: unknown): TokenUsage | undefined {
  const usage = fieldsOf(value);
  if (typeof (usage.prompt_tokens ?? usage.input_tokens) !== 'number') return undefined;
  const input = count(usage.prompt_tokens ?? usage.input_tokens);
  // Some count what was thought in the total only.
  const output = Math.max(
    count(usage.completion_tokens ?? usage.output_tokens),
    count(usage.total_tokens) - input,
  );
  const inputParts = [...INPUT_DETAILS.map((name) => fieldsOf(usage[name])), usage];
  const outputParts = [...OUTPUT_DETAILS.map((name) => fieldsOf(usage[name])), usage];
  const cached = Math.min(input, firstCount(inputParts, CACHED_NAMES));
  const cacheWrite = Math.min(input - cached, firstCount(inputParts, CACHE_WRITE_NAMES));
  return {
    input,
    cached,
    ...(cacheWrite === 0 ? {} : { cacheWrite }),
    output,
    reasoning: Math.min(output, firstCount(outputParts, ['reasoning_tokens'])),
  };
}

function firstCount(parts: readonly Fields[], names: readonly string[]): number {
  for (const part of parts) {
    for (const name of names) {
      const tokens = count(part[name]);
      if (tokens > 0) return tokens;
    }
  }
  return 0;
}

function fieldsOf(value: unknown): Fields {
  return value !== null && typeof value === 'object' ? (value as Fields) : {};
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 ? Math.min(value as number, MOST_TOKENS) : 0;
}

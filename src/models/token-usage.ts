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
const REASONING_NAMES = ['reasoning_tokens'];

/**
 * The token usage that an answer, or an event of one, reports; undefined where it reports none. Usage of nothing at all
 * is no report: every request has some input.
 */
export function usageOf(answer: Fields | undefined): TokenUsage | undefined {
  if (answer === undefined) return undefined;
  return (
    someUsage(answer.usage) ??
    someUsage(fieldsOf(answer.response).usage) ?? // events of the Responses API
    someUsage(fieldsOf(answer.x_groq).usage) ??
    // Moonshot's streams.
    (Array.isArray(answer.choices) ? someUsage(fieldsOf(answer.choices[0]).usage) : undefined)
  );
}

function someUsage(value: unknown): TokenUsage | undefined {
  const tokens = toTokenUsage(value);
  return tokens !== undefined && tokens.input + tokens.output > 0 ? tokens : undefined;
}

/**
 * A provider's usage object in our terms; undefined if it is not one. Chat Completions and embeddings count
 * `prompt_tokens`, the Responses API `input_tokens`; cached and reasoning tokens are parts, not additions.
 */
export function toTokenUsage(value: unknown): TokenUsage | undefined {
  const usage = fieldsOf(value);
  if (typeof (usage.prompt_tokens ?? usage.input_tokens) !== 'number') return undefined;
  const input = count(usage.prompt_tokens ?? usage.input_tokens);
  // Some count what was thought in the total only, and some count cached input beside the input.
  const beside = count(usage.cache_read_input_tokens) + count(usage.cache_creation_input_tokens);
  const output = Math.max(
    count(usage.completion_tokens ?? usage.output_tokens),
    count(usage.total_tokens) - input - beside,
  );
  const inputDetails = fieldsOf(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const outputDetails = fieldsOf(usage.completion_tokens_details ?? usage.output_tokens_details);
  const cached = Math.min(input, partOf(usage, inputDetails, CACHED_NAMES));
  const cacheWrite = Math.min(input - cached, partOf(usage, inputDetails, CACHE_WRITE_NAMES));
  return {
    input,
    cached,
    ...(cacheWrite === 0 ? {} : { cacheWrite }),
    output,
    reasoning: Math.min(output, partOf(usage, outputDetails, REASONING_NAMES)),
  };
}

/** A part that is counted among the details, or beside the whole. */
function partOf(usage: Fields, details: Fields, names: readonly string[]): number {
  for (const name of names) {
    const tokens = count(details[name]) || count(usage[name]);
    if (tokens > 0) return tokens;
  }
  return 0;
}

function fieldsOf(value: unknown): Fields {
  return value !== null && typeof value === 'object' ? (value as Fields) : {};
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 ? Math.min(value as number, MOST_TOKENS) : 0;
}

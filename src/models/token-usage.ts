import type { TokenUsage } from '../usage/usage.types';

/** Beyond what any model takes; a number above is a fault that must not overflow the ledger. */
const MOST_TOKENS = 1_000_000_000;

interface InputDetails {
  cached_tokens?: unknown;
  cache_write_tokens?: unknown;
}

interface WireUsage {
  total_tokens?: unknown;
  prompt_tokens?: unknown;
  completion_tokens?: unknown;
  input_tokens?: unknown;
  output_tokens?: unknown;
  prompt_tokens_details?: InputDetails | null;
  input_tokens_details?: InputDetails | null;
  completion_tokens_details?: { reasoning_tokens?: unknown } | null;
  output_tokens_details?: { reasoning_tokens?: unknown } | null;
}

/**
 * A provider's usage object in our terms; undefined where it is none. Chat Completions and embeddings count
 * `prompt_tokens`, the Responses API `input_tokens`; cached and reasoning tokens are parts, not additions.
 */
export function toTokenUsage(value: unknown): TokenUsage | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const usage = value as WireUsage;
  if (typeof (usage.prompt_tokens ?? usage.input_tokens) !== 'number') return undefined;
  const input = count(usage.prompt_tokens ?? usage.input_tokens);
  // Some count what was thought in the total only.
  const output = Math.max(
    count(usage.completion_tokens ?? usage.output_tokens),
    count(usage.total_tokens) - input,
  );
  const inputDetails = usage.prompt_tokens_details ?? usage.input_tokens_details;
  const outputDetails = usage.completion_tokens_details ?? usage.output_tokens_details;
  const cached = Math.min(input, count(inputDetails?.cached_tokens));
  const cacheWrite = Math.min(input - cached, count(inputDetails?.cache_write_tokens));
  return {
    input,
    cached,
    ...(cacheWrite === 0 ? {} : { cacheWrite }),
    output,
    reasoning: Math.min(output, count(outputDetails?.reasoning_tokens)),
  };
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 ? Math.min(value as number, MOST_TOKENS) : 0;
}

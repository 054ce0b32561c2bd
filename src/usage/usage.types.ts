import type { Door } from '../config/limit-variables';

/** Whose budget a call is taken from. */
export interface Payer {
  /** The user; for a caller without a token, what stands for the address. */
  id: string;
  /** null: a caller without a token. */
  userId: string | null;
  /** The API key the call was made with, which may have a budget of its own within its user's. */
  keyId: string | null;
  /** IANA name of the zone whose days and months the budgets are of. */
  timezone: string;
}

/** The most that a call can use and cost. It is reserved if a limit holds the payer. */
export interface WorstCase {
  /** Input and output together. */
  tokens: number;
  /** Of all answers together. */
  outputTokens: number;
  /** How many were asked for. */
  answers: number;
  /** null: the model's price is not known. */
  costMicroUsd: number | null;
  /** Pictures or sound, which tokens say little of. */
  isMedia?: boolean;
}

/** One request that is about to go to a provider. Written before its first byte. */
export interface CallIntent {
  /** Also sent to the provider as `X-Client-Request-Id`. */
  id: string;
  payer: Payer;
  /** null: no turn's. */
  turnId: string | null;
  /** The turn's. */
  conversationId: number | null;
  step: number | null;
  /** From 1; each retry is a call of its own. */
  attempt: number;
  door: Door;
  provider: string;
  model: string;
  inputTokensEstimate: number;
  worstCase: WorstCase;
}

export interface TokenUsage {
  /** All input, cached tokens included. */
  input: number;
  cached: number;
  /** Input that the provider wrote into its cache, where it charges for that. */
  cacheWrite?: number;
  /** All output, reasoning tokens included. */
  output: number;
  reasoning: number;
}

export const NO_TOKENS: TokenUsage = { input: 0, cached: 0, output: 0, reasoning: 0 };

export type CallOutcome = 'completed' | 'failed' | 'cancelled' | 'interrupted';

/** What a call came to: one row of the ledger. */
export interface Settlement {
  callId: string;
  /** The model that answered: its catalogue name, else the provider's; the one asked for where none did. */
  model: string;
  outcome: CallOutcome;
  /** false: the provider's own numbers, or nothing was billed. */
  isEstimated: boolean;
  tokens: TokenUsage;
  /** null: the model's price is not known. */
  costMicroUsd: number | null;
  /** The day from which the price used is in force, YYYY-MM-DD. */
  priceDate: string | null;
  /** The tools of ours that the reply called, each once. */
  tools?: readonly string[];
  /** Answered from the response cache: no provider was asked. */
  isCacheHit?: boolean;
}

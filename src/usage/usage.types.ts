/** Through which of our doors a request came: the agent, or one that passes a client's own request on. */
export type Door = 'agent' | 'chat' | 'provider' | 'socket' | 'v1';

/** One request that is about to go to a provider. Written before its first byte. */
export interface CallIntent {
  /** Also sent to the provider as `X-Client-Request-Id`. */
  id: string;
  /** null: a caller without a token. */
  userId: string | null;
  /** null: no turn's. */
  turnId: string | null;
  step: number | null;
  /** From 1; each retry is a call of its own. */
  attempt: number;
  door: Door;
  provider: string;
  model: string;
  inputTokensEstimate: number;
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
}

/** One request that is about to go to a provider. Written before its first byte. */
export interface CallIntent {
  /** Also sent to the provider as `X-Client-Request-Id`. */
  id: string;
  userId: string;
  turnId: string;
  step: number;
  /** From 1; each retry is a call of its own. */
  attempt: number;
  /** Which of our doors the request came through. */
  door: 'agent';
  provider: string;
  model: string;
  inputTokensEstimate: number;
}

export interface TokenUsage {
  /** All input, cached tokens included. */
  input: number;
  cached: number;
  /** All output, reasoning tokens included. */
  output: number;
  reasoning: number;
}

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

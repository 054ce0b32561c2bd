import type { ProviderName } from '../config/providers';

/** Who serves a model: a provider, or the simulator beside the app. */
export type ModelProvider = ProviderName | 'simulator';

/** In nano-USD a token, which is USD per million tokens times 1000. */
export interface Rates {
  inputNanoUsd: number;
  cachedInputNanoUsd: number;
  /** Of input written to the provider's cache; without it, such input costs what other input does. */
  cacheWriteNanoUsd?: number;
  outputNanoUsd: number;
}

/** A price in force from a day on. */
export interface Price extends Rates {
  /** YYYY-MM-DD */
  from: string;
  /** What the whole request costs once its input is longer than this. */
  longContext?: Rates & { aboveInputTokens: number };
}

/** What a model makes; `completion`: text of the older API, which goes on from a prompt. */
export type ModelKind =
  'chat' | 'embedding' | 'completion' | 'moderation' | 'image' | 'transcription' | 'speech';

export interface CatalogueModel {
  name: string;
  provider: ModelProvider;
  kind: ModelKind;
  /** Oldest first; empty: not known, so its calls cost `null` in the ledger. */
  prices: readonly Price[];
  /** Input and output together, in tokens. */
  contextWindow?: number;
  /** Parameters the model answers with an error. */
  refuses?: readonly string[];
  /** Chat parameters it takes under another name. */
  renames?: Readonly<Record<string, string>>;
  /** Whether it may write, and charge for, what it does not show. */
  thinks?: boolean;
  /** The only `reasoning_effort` with which it takes tools on Chat Completions. */
  reasoningEffortWithTools?: 'none';
  /** The day from which the provider no longer serves it, YYYY-MM-DD. */
  shutdownDate?: string;
  /** What is called from that day on. */
  replacement?: string;
}

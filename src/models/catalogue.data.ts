/** A price in force from a day on. In nano-USD a token, which is USD per million tokens times 1000. */
export interface Price {
  /** YYYY-MM-DD */
  from: string;
  inputNanoUsd: number;
  cachedInputNanoUsd: number;
  outputNanoUsd: number;
}

export interface CatalogueModel {
  name: string;
  provider: 'openai' | 'simulator';
  kind: 'chat' | 'embedding';
  /** Oldest first; empty: not known, so its calls cost `null` in the ledger. */
  prices: readonly Price[];
  /** Input and output together, in tokens. */
  contextWindow?: number;
  /** Chat parameters the model answers with an error. */
  refuses?: readonly string[];
  /** Chat parameters it takes under another name. */
  renames?: Readonly<Record<string, string>>;
  /** The only `reasoning_effort` with which it takes tools on Chat Completions. */
  reasoningEffortWithTools?: 'none';
  /** The day from which the provider no longer serves it, YYYY-MM-DD. */
  shutdownDate?: string;
  replacement?: string;
}

const usdPerMillion = (from: string, input: number, cachedInput: number, output: number): Price => ({
  from,
  inputNanoUsd: Math.round(input * 1000),
  cachedInputNanoUsd: Math.round(cachedInput * 1000),
  outputNanoUsd: Math.round(output * 1000),
});

const FREE = usdPerMillion('2024-01-01', 0, 0, 0);

const reasoning = {
  renames: { max_tokens: 'max_completion_tokens' },
  refuses: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'logit_bias'],
} as const;

/** What is known of each model. Prices and dates are the providers' published ones (platform.openai.com/docs). */
export const CATALOGUE: readonly CatalogueModel[] = [
  { name: 'simulator-1', provider: 'simulator', kind: 'chat', prices: [FREE] },
  {
    name: 'gpt-4o-mini',
    provider: 'openai',
    kind: 'chat',
    prices: [usdPerMillion('2024-07-18', 0.15, 0.075, 0.6)],
    contextWindow: 128_000,
    shutdownDate: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  {
    name: 'gpt-4o',
    provider: 'openai',
    kind: 'chat',
    prices: [usdPerMillion('2024-10-01', 2.5, 1.25, 10)],
    contextWindow: 128_000,
    shutdownDate: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  {
    name: 'gpt-4.1',
    provider: 'openai',
    kind: 'chat',
    prices: [usdPerMillion('2025-04-14', 2, 0.5, 8)],
    contextWindow: 1_047_576,
  },
  {
    name: 'gpt-4.1-mini',
    provider: 'openai',
    kind: 'chat',
    prices: [usdPerMillion('2025-04-14', 0.4, 0.1, 1.6)],
    contextWindow: 1_047_576,
  },
  {
    name: 'gpt-4.1-nano',
    provider: 'openai',
    kind: 'chat',
    prices: [usdPerMillion('2025-04-14', 0.1, 0.025, 0.4)],
    contextWindow: 1_047_576,
  },
  {
    name: 'gpt-5',
    provider: 'openai',
    kind: 'chat',
    prices: [usdPerMillion('2025-08-07', 1.25, 0.125, 10)],
    contextWindow: 400_000,
    ...reasoning,
    shutdownDate: '2026-12-11',
    replacement: 'gpt-5.6-sol',
  },
  {
    name: 'gpt-5-mini',
    provider: 'openai',
    kind: 'chat',
    prices: [usdPerMillion('2025-08-07', 0.25, 0.025, 2)],
    contextWindow: 400_000,
    ...reasoning,
    shutdownDate: '2026-12-11',
    replacement: 'gpt-5.6-terra',
  },
  { name: 'gpt-5.6-sol', provider: 'openai', kind: 'chat', prices: [], ...reasoning },
  { name: 'gpt-5.6-terra', provider: 'openai', kind: 'chat', prices: [], ...reasoning },
  {
    name: 'gpt-6-luna',
    provider: 'openai',
    kind: 'chat',
    prices: [usdPerMillion('2026-09-22', 0.1, 0.01, 0.5)],
    contextWindow: 1_050_000,
    ...reasoning,
    reasoningEffortWithTools: 'none',
  },
  {
    name: 'text-embedding-3-small',
    provider: 'openai',
    kind: 'embedding',
    prices: [usdPerMillion('2024-01-25', 0.02, 0.02, 0)],
  },
  {
    name: 'text-embedding-3-large',
    provider: 'openai',
    kind: 'embedding',
    prices: [usdPerMillion('2024-01-25', 0.13, 0.13, 0)],
  },
];

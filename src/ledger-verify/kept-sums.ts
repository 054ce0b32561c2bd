import { expectedDays, expectedToolDays, expectedWindows } from './expected-sums';

/** A table whose rows are sums over the ledger, and what they must be. */
export interface KeptSums {
  /** For people. */
  name: string;
  table: string;
  /** Its primary key. */
  keys: readonly string[];
  /** The sums, each of which must agree. */
  sums: readonly string[];
  /** What else must agree. */
  facts: readonly string[];
  /** Gives rows with all of these columns. */
  expected: string;
}

const COUNTS = ['calls', 'estimated_calls', 'priced_calls'];
const TOKENS = ['input_tokens', 'cached_tokens', 'output_tokens', 'reasoning_tokens'];

export const KEPT_SUMS: readonly KeptSums[] = [
  {
    name: 'quota windows',
    table: 'quota_windows',
    keys: ['subject', 'kind', 'starts_on'],
    sums: ['used', 'reserved'],
    facts: [],
    expected: expectedWindows,
  },
  {
    name: 'sums of days',
    table: 'usage_days',
    keys: ['payer_id', 'day', 'model', 'conversation_id'],
    sums: [...COUNTS, ...TOKENS, 'cost_micro_usd'],
    facts: ['user_id'],
    expected: expectedDays,
  },
  {
    name: 'sums of tools',
    table: 'usage_tool_days',
    keys: ['payer_id', 'day', 'tool'],
    sums: [...COUNTS, ...TOKENS, 'cost_micro_usd'],
    facts: ['user_id'],
    expected: expectedToolDays,
  },
];

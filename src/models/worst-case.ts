import type { WorstCase } from '../usage/usage.types';
import { findModel, priceAt, pricedModel } from './catalogue';
import type { Price } from './catalogue.types';
import { costOf } from './prices';

/** The largest there is, for models whose window is not known. */
const LARGEST_CONTEXT_WINDOW = 1_050_000;
/** What providers add of their own where there are tools. */
const TOOLS_PROMPT_TOKENS = 1000;
const TOOLS = '"tools"';
const TOOLS_BYTES = Buffer.from(TOOLS);
const DAY_MS = 86_400_000;

/** What bounds the cost of a request that runs a model. */
export interface Outlook {
  /** The bound of each answer's output that goes out with the request. */
  mostOutputTokens: number;
  /** How many answers are asked for. */
  answers?: number;
  /** Whether it names what is not in its bytes; see `pointsElsewhere`. */
  pointsElsewhere?: boolean;
  /** At most so many tokens of text go in, where the body's bytes do not tell it; a file in a form is no text. */
  textBytes?: number;
  /** Pictures or sound: there is no price by the token, and the answer's bytes tell nothing of tokens. */
  isMedia?: boolean;
}

/** A request that runs no model. */
export const NOTHING: WorstCase = { tokens: 0, outputTokens: 0, answers: 1, costMicroUsd: 0 };

/** The most that a request can use and cost. Every token of text is at least one byte. */
export function worstCaseOf(
  provider: string,
  model: string,
  body: Buffer | string,
  { mostOutputTokens, answers = 1, pointsElsewhere = false, textBytes, isMedia = false }: Outlook,
  now: Date,
): WorstCase {
  const input = pointsElsewhere ? windowOf(model) : (textBytes ?? mostInputTokens(model, body));
  const output = mostOutputTokens * answers;
  const priced = pricedModel(provider, model);
  const hasPrice = !isMedia || findModel(priced)?.provider === 'simulator';
  return {
    tokens: input + output,
    outputTokens: output,
    answers,
    costMicroUsd: hasPrice ? highestCost(priced, input, output, now) : null,
    ...(isMedia ? { isMedia } : {}),
  };
}

export const windowOf = (model: string): number => findModel(model)?.contextWindow ?? LARGEST_CONTEXT_WINDOW;

/** What is longer than a window its provider refuses; but embeddings take many inputs, of which each has one. */
function mostInputTokens(model: string, body: Buffer | string): number {
  const hasTools = typeof body === 'string' ? body.includes(TOOLS) : body.includes(TOOLS_BYTES);
  const tokens = Buffer.byteLength(body) + (hasTools ? TOOLS_PROMPT_TOKENS : 0);
  return findModel(model)?.kind === 'embedding' ? tokens : Math.min(tokens, windowOf(model));
}

/** All of it may be written to a cache, and the price be another before the call ends. null without a price. */
function highestCost(model: string, input: number, output: number, now: Date): number | null {
  const today = priceAt(model, now);
  const tomorrow = priceAt(model, new Date(now.getTime() + DAY_MS));
  if (today === undefined || tomorrow === undefined) return null;
  const cost = highestCostAt(today, input, output);
  return tomorrow === today ? cost : Math.max(cost, highestCostAt(tomorrow, input, output));
}

function highestCostAt(price: Price, input: number, output: number): number {
  const tokens = { input, cached: 0, output, reasoning: 0 };
  return Math.max(costOf(price, tokens), costOf(price, { ...tokens, cacheWrite: input }));
}

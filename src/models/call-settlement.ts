import type { Clock } from '../common/clock';
import { toStorable } from '../common/storable-text';
import type { Metrics } from '../observability/metrics';
import {
  type CallIntent,
  type CallOutcome,
  NO_TOKENS,
  type Settlement,
  type TokenUsage,
} from '../usage/usage.types';
import { type Cost, findModel, pricedModel, priceOf } from './catalogue';

/** Stands for the model of a request that runs none, such as a file's upload. It costs nothing. */
export const NO_MODEL = 'none';

const LONGEST_MODEL_NAME = 100;

export interface CallEnd {
  outcome: CallOutcome;
  /** As the provider named it; undefined where no reply began. */
  answeredBy: string | undefined;
  /** The provider's own numbers, where they came. */
  usage: TokenUsage | undefined;
  /** What to book without them; undefined: nothing was billed. */
  estimate: TokenUsage | undefined;
  durationMs: number;
}

/** What a call that ended is booked at, and counted as in the metrics. */
export function settle(intent: CallIntent, end: CallEnd, clock: Clock, metrics: Metrics): Settlement {
  if (intent.model === NO_MODEL) return settleWithoutModel(intent, end.outcome);
  const model = bookedModel(intent, end.answeredBy);
  const tokens = end.usage ?? end.estimate ?? NO_TOKENS;
  metrics.countModelCall({
    provider: intent.provider,
    model: findModel(model)?.name ?? 'other',
    outcome: end.outcome,
    durationMs: end.durationMs,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
  });
  return {
    callId: intent.id,
    model,
    outcome: end.outcome,
    isEstimated: end.usage === undefined && end.estimate !== undefined,
    tokens,
    ...costOf(intent, model, tokens, clock),
  };
}

/** Pictures and sound have no price by the token, whatever model answers. */
function costOf({ worstCase }: CallIntent, model: string, tokens: TokenUsage, clock: Clock): Cost {
  const isUnpriced = worstCase.isMedia === true && worstCase.costMicroUsd === null;
  return isUnpriced ? { costMicroUsd: null, priceDate: null } : priceOf(model, tokens, clock.now());
}

/** Of a request that ran no model. */
export function settleWithoutModel(
  { id, model }: Pick<CallIntent, 'id' | 'model'>,
  outcome: CallOutcome,
): Settlement {
  return {
    callId: id,
    model,
    outcome,
    isEstimated: false,
    tokens: NO_TOKENS,
    costMicroUsd: 0,
    priceDate: null,
  };
}

/** Of an answer from the response cache, for which no provider was asked. */
export const settleCacheHit = ({ id }: CallIntent, model: string, outcome: CallOutcome): Settlement => ({
  ...settleWithoutModel({ id, model }, outcome),
  isCacheHit: true,
});

/** The name is the provider's text: cleaned, or the ledger could refuse it. */
function bookedModel(intent: CallIntent, answeredBy: string | undefined): string {
  if (answeredBy === undefined) return pricedModel(intent.provider, intent.model);
  return ledgerModel(answeredBy);
}

/** A provider's name for the model that answered, as the ledger has it. */
export function ledgerModel(answeredBy: string): string {
  // Gateways put the maker before the name: `openai/gpt-4o-mini`.
  const known = findModel(answeredBy) ?? findModel(answeredBy.slice(answeredBy.lastIndexOf('/') + 1));
  return known?.name ?? toStorable(answeredBy.slice(0, LONGEST_MODEL_NAME));
}

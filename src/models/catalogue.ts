import type { TokenUsage } from '../usage/usage.types';
import { CATALOGUE, type CatalogueModel, type Price } from './catalogue.data';

/** What a provider appends to a model's name for one dated build of it. */
const SNAPSHOT_SUFFIX = /-\d{4}-\d{2}-\d{2}$/;
const NANO_PER_MICRO = 1000;

const SIMULATOR_MODEL = 'simulator-1';

const byName = new Map(CATALOGUE.map((model) => [model.name, model]));

/** The catalogue's entry for a model or for a dated snapshot of it. */
export function findModel(name: string): CatalogueModel | undefined {
  return byName.get(name) ?? byName.get(name.replace(SNAPSHOT_SUFFIX, ''));
}

/** The names a client may ask for where the operator has set no list; the simulator's own only where it answers. */
export function catalogueNames(upstream: string): string[] {
  return CATALOGUE.filter(({ provider }) => provider === 'openai' || provider === upstream).map(
    ({ name }) => name,
  );
}

export interface ResolvedModel {
  name: string;
  /** The retired name that was asked for. */
  replaced?: string;
}

/** Follows the replacements of models past their last day. */
export function resolveModel(name: string, now: Date): ResolvedModel {
  const today = toDay(now);
  let current = name;
  for (let entry = findModel(current); isShutDown(entry, today); entry = findModel(current)) {
    if (entry?.replacement === undefined) break;
    current = entry.replacement;
  }
  return current === name ? { name } : { name: current, replaced: name };
}

/** Days until the model's last day; undefined where none is set. Negative when it has passed. */
export function daysUntilShutdown(name: string, now: Date): number | undefined {
  const shutdownDate = findModel(name)?.shutdownDate;
  if (shutdownDate === undefined) return undefined;
  return Math.ceil((Date.parse(shutdownDate) - Date.parse(toDay(now))) / 86_400_000);
}

export interface Cost {
  costMicroUsd: number | null;
  priceDate: string | null;
}

/** By what a call is priced that no reply named the model of. The simulator's cost nothing, whatever was asked for. */
export function pricedModel(provider: string, requested: string): string {
  return provider === 'simulator' ? SIMULATOR_MODEL : requested;
}

/** The cost of a call at the price of its day; null where the catalogue has none. Fractions of a micro-USD round up. */
export function priceOf(model: string, tokens: TokenUsage, now: Date): Cost {
  const price = priceOn(findModel(model)?.prices ?? [], toDay(now));
  if (price === undefined) return { costMicroUsd: null, priceDate: null };
  const nanoUsd =
    (tokens.input - tokens.cached) * price.inputNanoUsd +
    tokens.cached * price.cachedInputNanoUsd +
    tokens.output * price.outputNanoUsd;
  return { costMicroUsd: Math.ceil(nanoUsd / NANO_PER_MICRO), priceDate: price.from };
}

function priceOn(prices: readonly Price[], day: string): Price | undefined {
  return prices.findLast((price) => price.from <= day);
}

function isShutDown(entry: CatalogueModel | undefined, today: string): boolean {
  return entry?.shutdownDate !== undefined && today >= entry.shutdownDate;
}

const toDay = (date: Date): string => date.toISOString().slice(0, 10);

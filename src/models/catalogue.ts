import { SIBLING_NAMES, SIBLING_PROVIDERS } from '../config/providers';
import type { Settings } from '../config/settings';
import { CATALOGUE, OPENAI_PREFIXES, SIMULATOR_MODEL } from './catalogue.data';
import type { CatalogueModel, ModelProvider, Price } from './catalogue.types';
import { costOf, type PricedTokens, priceOn } from './prices';

/** What a provider appends to a model's name for one dated build of it. */
const SNAPSHOT_SUFFIX = /-(?:\d{4}-\d{2}-\d{2}|20\d{6})$/;

const byName = new Map(CATALOGUE.map((model) => [model.name, model]));

/** The catalogue's entry for a model or for a dated snapshot of it. */
export function findModel(name: string): CatalogueModel | undefined {
  return byName.get(name) ?? byName.get(familyOf(name));
}

/** The name without its snapshot date; the same name if it has no date. */
export const familyOf = (name: string): string => name.replace(SNAPSHOT_SUFFIX, '');

/** Who serves a model: by its entry, else by what its name begins with; undefined where neither says. */
export function providerOf(name: string): ModelProvider | undefined {
  const entry = findModel(name);
  if (entry !== undefined) return entry.provider;
  if (OPENAI_PREFIXES.some((prefix) => name.startsWith(prefix))) return 'openai';
  return SIBLING_NAMES.find((sibling) => name.startsWith(SIBLING_PROVIDERS[sibling].modelPrefix));
}

/** The simulator answers for OpenAI's models as well as its own; a sibling is there where its key is set. */
export function modelProviders({
  upstream,
  siblings,
}: Pick<Settings, 'upstream' | 'siblings'>): ModelProvider[] {
  const present = SIBLING_NAMES.filter((name) => siblings[name] !== undefined);
  return ['openai', ...present, ...(upstream === 'simulator' ? (['simulator'] as const) : [])];
}

/** The names a client may ask for where the operator has set no list: all that these providers serve, embeddings too. */
export function catalogueNames(providers: Iterable<ModelProvider>): string[] {
  const existing = new Set(providers);
  return CATALOGUE.filter(({ provider }) => existing.has(provider)).map(({ name }) => name);
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
  return shutdownDate === undefined ? undefined : daysUntil(shutdownDate, now);
}

/** @param day YYYY-MM-DD */
export function daysUntil(day: string, now: Date): number {
  return Math.ceil((Date.parse(day) - Date.parse(toDay(now))) / MS_PER_DAY);
}

export interface Cost {
  costMicroUsd: number | null;
  priceDate: string | null;
}

/** The model to price a call by when the provider's reply named none. The simulator's calls cost nothing. */
export function pricedModel(provider: string, requested: string): string {
  return provider === 'simulator' ? SIMULATOR_MODEL : requested;
}

/** A model's price on the day of `now`; undefined where the catalogue has none. */
export function priceAt(model: string, now: Date): Price | undefined {
  return priceOn(findModel(model)?.prices ?? [], toDay(now));
}

/** The cost of a call at the price of its day; null where the catalogue has none. Fractions of a micro-USD round up. */
export function priceOf(model: string, tokens: PricedTokens, now: Date): Cost {
  const price = priceAt(model, now);
  if (price === undefined) return { costMicroUsd: null, priceDate: null };
  return { costMicroUsd: costOf(price, tokens), priceDate: price.from };
}

function isShutDown(entry: CatalogueModel | undefined, today: string): boolean {
  return entry?.shutdownDate !== undefined && today >= entry.shutdownDate;
}

const MS_PER_DAY = 86_400_000;
/** Of today and tomorrow, which each call is priced by. */
const dayTexts = new Map<number, string>();
const MAX_DAY_TEXTS = 4;

/** YYYY-MM-DD in UTC. */
function toDay(date: Date): string {
  const number = Math.floor(date.getTime() / MS_PER_DAY);
  const known = dayTexts.get(number);
  if (known !== undefined) return known;
  if (dayTexts.size >= MAX_DAY_TEXTS) dayTexts.clear();
  const text = date.toISOString().slice(0, 10);
  dayTexts.set(number, text);
  return text;
}

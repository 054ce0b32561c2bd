import { AppError } from '../common/app-error';
import { JsonFields } from '../common/json-fields';
import type { Dialect } from './adapt-request';
import { findModel } from './catalogue';
import { areClientsTools } from './clients-tools';

type Fields = Readonly<Record<string, unknown>>;

/** Beyond what any model writes; more would not add up. */
const MOST = 1_000_000_000;
const MOST_ANSWERS = 1_000_000;

/** In which API's terms the output is bounded. */
export type BoundDialect = Dialect | 'completions';

/** By which names a bound of the output may be given. */
const BOUNDS: Readonly<Record<BoundDialect, readonly string[]>> = {
  chat: ['max_completion_tokens', 'max_tokens'],
  completions: ['max_tokens'],
  responses: ['max_output_tokens'],
};
/** What has the provider do work that its numbers do not show, beside tools that it runs. */
const UNBOUNDED = ['web_search_options', 'extra_body'];
/** OpenAI's that are not in the catalogue. */
const THINKING_MODEL = /^o\d/;

/** The most output that a request asks for; `undefined` where it sets no bound that can be relied on. */
export function givenBound(dialect: BoundDialect, fields: Fields): number | undefined {
  const given = BOUNDS[dialect].map((name) => fields[name]).filter((value) => value != null);
  return given.length > 0 && given.every(isCount) ? Math.min(Math.max(...given), MOST) : undefined;
}

/** How many answers a request asks for. */
export const givenAnswers = ({ n }: Fields): number => (isCount(n) ? Math.min(n, MOST_ANSWERS) : 1);

/** How many texts a request of the older completions has written: for each prompt, also those that are not chosen. */
export function givenCompletions({ prompt, n, best_of: bestOf }: Fields): number {
  const isList = Array.isArray(prompt) && !prompt.every((token) => typeof token === 'number');
  const prompts = isList ? (prompt as unknown[]).length : 1;
  return Math.min(prompts * Math.max(givenAnswers({ n }), givenAnswers({ n: bestOf })), MOST_ANSWERS);
}

export interface LimitedRequest {
  model: string;
  dialect: BoundDialect;
  /** What it says, and the bytes it would go out as. */
  fields: Fields;
  body: Buffer;
  /** The bound where it sets none. undefined: its API has no such field. */
  mostOutputTokens: number | undefined;
}

/**
 * The body of a request whose caller is held against a limit, so that it cannot come to more than was reserved for it,
 * and the names of what was changed.
 * @throws AppError validation_failed where it has the provider do what nothing bounds
 */
export function limitedBody(request: LimitedRequest): { body: Buffer; changed: string[] } {
  const { fields, dialect, mostOutputTokens } = request;
  assertBoundable(fields);
  const changes = new JsonFields(request.body);
  const changed: string[] = [];
  if (mostOutputTokens !== undefined && givenBound(dialect, fields) === undefined) {
    for (const name of BOUNDS[dialect]) changes.remove(name);
    const name = boundName(request.model, dialect);
    changes.set(name, mostOutputTokens);
    changed.push(name);
  }
  for (const name of dialect === 'completions' ? ['n', 'best_of'] : ['n']) {
    if (fields[name] == null || isCount(fields[name])) continue;
    changes.set(name, 1);
    changed.push(name);
  }
  // It costs up to twice the price.
  if (fields.service_tier === 'priority') {
    changes.remove('service_tier');
    changed.push('service_tier');
  }
  return { body: changed.length === 0 ? request.body : changes.toBuffer(), changed };
}

/** By what name a model takes the bound of its output. */
export function boundName(model: string, dialect: BoundDialect): string {
  if (dialect === 'responses') return 'max_output_tokens';
  if (dialect === 'completions') return 'max_tokens';
  const entry = findModel(model);
  if (entry === undefined && THINKING_MODEL.test(model)) return 'max_completion_tokens';
  return entry?.renames?.max_tokens ?? 'max_tokens';
}

function assertBoundable(fields: Fields): void {
  const name = areClientsTools(fields.tools) ? UNBOUNDED.find((field) => fields[field] != null) : 'tools';
  if (name === undefined) return;
  const message = `${name} has the provider do work whose cost nothing bounds, so it cannot be used under a limit`;
  throw new AppError('validation_failed', message, { param: name, details: [{ path: [name], message }] });
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

import { findModel } from './catalogue';
import type { CatalogueModel } from './catalogue.types';

type Parameters = Readonly<Record<string, unknown>>;

/** In which API's terms a request is: Chat Completions or Responses. */
export type Dialect = 'chat' | 'responses';

/**
 * What of a request's top level must change for the model to take it. Names of `remove` and `rename` are the
 * client's; apply them in the order `remove`, `rename`, `set`.
 */
export interface Adjustments {
  remove: string[];
  rename: Record<string, string>;
  set: Record<string, unknown>;
  /** What the client sent, or what was added to it, for `X-Adjusted-Params`. */
  adjusted: string[];
}

/** The least `max_output_tokens` of the Responses API. */
const LEAST_OUTPUT_TOKENS = 16;
/** Of no use without tools, and refused by some. */
const TOOL_OPTIONS = ['tool_choice', 'parallel_tool_calls'];
const SCHEMA_NAME = 'response';

/** The changes a request needs, by the model's catalogue entry; for an unknown model those that every model needs. */
export function planAdjustments(
  model: string,
  parameters: Parameters,
  dialect: Dialect = 'chat',
): Adjustments {
  const plan: Adjustments = { remove: [], rename: {}, set: {}, adjusted: [] };
  const entry = findModel(model);
  if (entry !== undefined) dropRefused(entry, parameters, plan);
  dropEmptyTools(parameters, plan);
  if (dialect === 'chat') {
    if (entry !== undefined) {
      renameLimits(entry, parameters, plan);
      setEffort(entry, parameters, plan);
    }
    nameChatSchema(parameters, plan);
  } else {
    raiseLimit(parameters, plan);
    nameResponseSchema(parameters, plan);
  }
  plan.adjusted = [...new Set([...plan.remove, ...Object.keys(plan.rename), ...Object.keys(plan.set)])];
  return plan;
}

export interface AdaptedRequest<T extends Parameters> {
  parameters: T;
  /** Names, as the client sent them, of what was changed or left out. */
  adjusted: string[];
}

/** The parameters as the model takes them. */
export function adaptRequest<T extends Parameters>(
  model: string,
  parameters: T,
  dialect: Dialect = 'chat',
): AdaptedRequest<T> {
  const { remove, rename, set, adjusted } = planAdjustments(model, parameters, dialect);
  const kept = Object.entries(parameters)
    .filter(([name]) => !remove.includes(name))
    .map(([name, value]) => [ownValue(rename, name) ?? name, value] as const);
  return { parameters: { ...Object.fromEntries(kept), ...set } as T, adjusted };
}

function dropRefused({ refuses = [] }: CatalogueModel, parameters: Parameters, plan: Adjustments): void {
  plan.remove.push(...refuses.filter((name) => Object.hasOwn(parameters, name)));
}

function dropEmptyTools(parameters: Parameters, plan: Adjustments): void {
  if (!Array.isArray(parameters.tools) || parameters.tools.length > 0) return;
  plan.remove.push('tools', ...TOOL_OPTIONS.filter((name) => Object.hasOwn(parameters, name)));
}

/** Where both names are given, the model's own counts, unless it says nothing. */
function renameLimits({ renames = {} }: CatalogueModel, parameters: Parameters, plan: Adjustments): void {
  for (const [name, newName] of Object.entries(renames)) {
    if (!Object.hasOwn(parameters, name)) continue;
    if (parameters[newName] == null) {
      if (Object.hasOwn(parameters, newName)) plan.remove.push(newName);
      plan.rename[name] = newName;
    } else {
      plan.remove.push(name);
    }
  }
}

function setEffort(entry: CatalogueModel, { tools, reasoning_effort }: Parameters, plan: Adjustments): void {
  const effort = entry.reasoningEffortWithTools;
  const hasTools = Array.isArray(tools) && tools.length > 0;
  if (effort !== undefined && hasTools && reasoning_effort !== effort) plan.set.reasoning_effort = effort;
}

function nameChatSchema({ response_format: format }: Parameters, plan: Adjustments): void {
  if (isRecord(format) && format.type === 'json_schema' && isNameless(format.json_schema)) {
    plan.set.response_format = { ...format, json_schema: { ...format.json_schema, name: SCHEMA_NAME } };
  }
}

function nameResponseSchema({ text }: Parameters, plan: Adjustments): void {
  const format = isRecord(text) ? text.format : undefined;
  if (isNameless(format) && format.type === 'json_schema') {
    plan.set.text = { ...(text as object), format: { ...format, name: SCHEMA_NAME } };
  }
}

/** What is no count at all is left for the provider to refuse. */
function raiseLimit({ max_output_tokens: limit }: Parameters, plan: Adjustments): void {
  if (Number.isInteger(limit) && (limit as number) > 0 && (limit as number) < LEAST_OUTPUT_TOKENS) {
    plan.set.max_output_tokens = LEAST_OUTPUT_TOKENS;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isNameless = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && (value.name == null || value.name === '');

const ownValue = (record: Record<string, string>, name: string): string | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

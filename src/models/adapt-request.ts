import { findModel } from './catalogue';

type Parameters = Record<string, unknown>;

export interface AdaptedRequest<T extends Parameters> {
  parameters: T;
  /** Names, as the client sent them, of what was changed or left out. */
  adjusted: string[];
}

/** Chat Completions parameters as the model takes them, by its catalogue entry. Unknown models get them unchanged. */
export function adaptRequest<T extends Parameters>(model: string, parameters: T): AdaptedRequest<T> {
  const entry = findModel(model);
  const adjusted: string[] = [];
  const adapted: Parameters = {};
  for (const [name, value] of Object.entries(parameters)) {
    const renames = entry?.renames ?? {};
    const newName = (Object.hasOwn(renames, name) ? renames[name] : undefined) ?? name;
    const isRefused = entry?.refuses?.includes(name) ?? false;
    if (!isRefused) adapted[newName] = value;
    if (isRefused || newName !== name) adjusted.push(name);
  }
  const effort = entry?.reasoningEffortWithTools;
  if (effort !== undefined && Array.isArray(adapted.tools) && adapted.reasoning_effort !== effort) {
    adapted.reasoning_effort = effort;
    adjusted.push('reasoning_effort');
  }
  return { parameters: adapted as T, adjusted };
}

/** No name of a tool is as long with all that models put around it. */
const MAX_CHARACTERS = 200;

/**
 * A tool's name as a model wrote it, and then without what models put around names: a namespace before it
 * (`functions.add_task`, `default_api:add_task`), a number, a channel or brackets after it (`add_task:0`,
 * `add_task<|channel|>commentary`, `add_task()`), quotes and blanks.
 */
export function spellingsOf(name: string): string[] {
  if (name.length > MAX_CHARACTERS) return [name];
  const plain = name
    .split('<|', 1)[0]!
    .replace(/^["'`\s]+/, '')
    .replace(/["'`\s]+$/, '')
    .replace(/\(\)$/, '');
  const unnumbered = plain.replace(/:\d+$/, '');
  const last = /[^.:/]*$/.exec(unnumbered)![0];
  return [...new Set([name, plain, unnumbered, last])];
}

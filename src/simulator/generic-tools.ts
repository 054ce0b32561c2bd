import type { DeclaredTool } from './dialogue';
import { asRecord } from './dialogue';
import { extractDate } from './reader/dates';
import { english } from './reader/english';
import { allowsNull, fillArguments } from './tool-arguments';
import { typesOf } from './schema-instance';

const VAGUE_WORDS =
  /^(?:task|tasks|todo|list|with|from|this|that|their|given|current|currently|user|users|returns?|gets?|sets?|find|finds|show|shows|create|creates|tool|function|call|calls|value|values|name|information|about|data|some|what|when|which|where|will|have|please|your|into|number|numbers|string|text|make|makes|using|used)$/;
const PLACE =
  /\b(?:in|for|at|to|of|from|near|about)\s+(?<place>\p{Lu}[\p{L}'-]*(?:\s+\p{Lu}[\p{L}'-]*){0,3})/gu;

/** The tool that the message names or shares a distinctive word with; undefined if none matches. */
export function findGenericTool(tools: readonly DeclaredTool[], text: string): DeclaredTool | undefined {
  const spoken = text.toLowerCase();
  const words = new Set(spoken.match(/[\p{L}\p{N}]+/gu) ?? []);
  const sharesWord = (phrase: string): boolean =>
    wordsOf(phrase).some((word) => word.length > 3 && !VAGUE_WORDS.test(word) && words.has(word));
  return (
    tools.find((tool) => isNamed(tool, spoken)) ??
    tools.find((tool) => sharesWord(tool.name)) ??
    tools.find((tool) => sharesWord(tool.description))
  );
}

export function isNamed(tool: DeclaredTool, text: string): boolean {
  const spoken = text.toLowerCase();
  return [tool.name, wordsOf(tool.name).join(' ')].some(
    (name) => name.length > 3 && spoken.includes(name.toLowerCase()),
  );
}

/** Fills strings with places and quotations from the message, numbers with its numbers, dates with its dates. */
export function genericArguments(tool: DeclaredTool, text: string): Record<string, unknown> {
  const names = [...text.matchAll(PLACE)].map((match) => match.groups?.['place'] ?? '');
  const quotations = [...text.matchAll(/["“']([^"”']{1,200})["”']/gu)].map((match) => match[1] ?? '');
  const strings = [...quotations, ...names];
  const numbers = (text.match(/-?\d+(?:\.\d+)?/g) ?? []).slice(0, 50).map(Number);
  const values: Record<string, unknown> = {};
  const properties = asRecord(tool.parameters['properties']) ?? {};
  for (const [name, property] of Object.entries(properties)) {
    const schema = asRecord(property) ?? {};
    const types = typesOf(schema);
    const options = Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : undefined;
    const value = options
      ? options.find(
          (option) => typeof option === 'string' && text.toLowerCase().includes(option.toLowerCase()),
        )
      : /date|day|when|due/i.test(name)
        ? extractDate(text, english)?.due
        : types.includes('number') || types.includes('integer')
          ? numbers.shift()
          : types.includes('string')
            ? (strings.shift() ?? (isRequiredText(tool, name, schema) ? text : undefined))
            : undefined;
    if (value !== undefined) values[name] = value;
  }
  return fillArguments(tool, values);
}

function isRequiredText(
  { parameters }: DeclaredTool,
  name: string,
  schema: Record<string, unknown>,
): boolean {
  return (
    Array.isArray(parameters['required']) && parameters['required'].includes(name) && !allowsNull(schema)
  );
}

function wordsOf(phrase: string): string[] {
  return phrase
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

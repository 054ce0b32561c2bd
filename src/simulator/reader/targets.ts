import type { Target, TaskStatus } from './intent';
import { fold, trimPunctuation } from './text';
import type { Reading } from './task-words';

const IDS =
  /^(?:\p{L}[\p{L}.-]*\s*)?(?:number\s+|numero\s+|номер\s+|no\.?\s*|№\s*|n[ºo°]\s*)?#?\s*(?<ids>\d{1,9}(?:\s*(?:,\s*(?:and\s+)?|and|y|и|&)\s*#?\d{1,9})*)$/u;
const ARTICLE = /^(?:the|my|la|el|las|los|mi|mis)\s+/u;
const TASK_NOUN =
  /^(?:tasks?|to-?dos?|items?|reminders?|entry|id|number|numero|no\.?|tareas?|задач\p{L}*|дел\p{L}*|пункт\p{L}*|номер|\W*)$/u;
const MOST_TARGETS = 20;

/** Reads which tasks a phrase means: numbers, "it", "all", a position in the list, or words of the title. */
export function readTargets(phrase: string | undefined, reading: Reading): Target[] {
  const text = trimPunctuation(phrase ?? '').replace(/'s$/u, '');
  if (text === '') return [{ by: 'nothing' }];
  return readNamed(text, reading) ?? splitTitles(text, reading).flatMap((part) => readSingle(part, reading));
}

function readSingle(text: string, reading: Reading): Target[] {
  const words = reading.quotes.unmask(unframed(text, reading));
  return readNamed(text, reading) ?? [{ by: 'words', words }];
}

function readNamed(text: string, reading: Reading): Target[] | undefined {
  const { language } = reading;
  const folded = fold(text);
  const ids = readIds(folded);
  if (ids.length > 0) return ids.map((id) => ({ by: 'id', id }));
  if (language.previousTarget.test(folded)) return [{ by: 'previous' }];
  const every = language.everyTarget.exec(folded);
  if (every) return [{ by: 'all', status: readStatus(Object.values(every.groups ?? {}).join(' '), reading) }];
  const position = language.positions.find(([pattern]) => pattern.test(folded));
  return position && [{ by: 'position', position: position[1] }];
}

export function isPlainTarget(phrase: string | undefined, { language }: Reading): boolean {
  return phrase !== undefined && language.plainTarget.test(fold(phrase));
}

function readIds(folded: string): number[] {
  const match = IDS.exec(folded.replace(ARTICLE, ''));
  const list = match?.groups?.['ids'];
  if (!match || list === undefined) return [];
  const lead = folded
    .replace(ARTICLE, '')
    .slice(0, match[0].length - list.length)
    .replace(/[\s#№]+$/u, '');
  const isNamedByNoun = lead.split(/\s+/u).every((word) => TASK_NOUN.test(word));
  return isNamedByNoun ? [...list.matchAll(/\d+/gu)].map(Number).slice(0, MOST_TARGETS) : [];
}

function readStatus(words: string, { language }: Reading): TaskStatus {
  return language.statuses.find(([pattern]) => pattern.test(words))?.[1] ?? 'all';
}

/** "the milk and bread tasks" are two, "the bread and butter task" is one. */
function splitTitles(text: string, { language }: Reading): string[] {
  const parts = text.split(language.listSeparator).filter((part) => part.trim() !== '');
  const isPlural =
    /(?:tasks|to-?dos|items|reminders)$/u.test(fold(text)) || /^(?:tareas|задачи)\s/u.test(fold(text));
  const areQuotations = parts.every((part) => /^[\uE000-\uF8FF]$/u.test(part.trim()));
  const areActs = parts.every((part) => language.taskVerb.test(fold(part)));
  return parts.length > 1 && (isPlural || areQuotations || areActs) ? parts.slice(0, MOST_TARGETS) : [text];
}

function unframed(words: string, { language }: Reading): string {
  let inner = words.trim();
  for (let round = 0; round < 3; round += 1) {
    const before = inner;
    for (const frame of language.targetFrame) {
      const match = frame.exec(fold(inner));
      if (match && match[0].length < inner.length) {
        inner = match.index === 0 ? inner.slice(match[0].length) : inner.slice(0, match.index);
      }
    }
    if (inner === before) break;
  }
  return trimPunctuation(inner);
}

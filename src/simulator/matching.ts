import type { TaskFacts } from './tool-results';
import { fold } from './reader/text';

/** Words too common to tell one task from another. */
const COMMON = new Set(
  (
    'the a an my to of for with and or in on at by from about task tasks todo item it is this that some ' +
    'el la los las un una mi de del para con y en al ' +
    'и в на по для с про о об мой мою задача задачу задачи'
  ).split(' '),
);

/** The distinctive words of a phrase, as written but in lower case, longest first: used as search terms. */
export function tellingWords(phrase: string): string[] {
  const words = wordsOf(phrase.normalize('NFC').toLowerCase());
  const telling = words.filter((word) => !COMMON.has(fold(word)));
  return [...new Set(telling.length > 0 ? telling : words)].sort((left, right) => right.length - left.length);
}

/** Lower case without any accent, however it is encoded: "Café", "cafe" and "CAFE\u0301" are the same. */
export function plainForm(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC').toLowerCase();
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}

/** A word shortened so that its other forms contain it: "eggs" → "egg", "молоко" → "моло". */
export function searchStem(word: string): string {
  if (/\p{Script=Cyrillic}/u.test(word)) return word.length > 4 ? word.slice(0, -2) : word;
  if (/^[a-z]{4,}ies$/.test(word)) return word.slice(0, -3);
  if (/^[a-z]{3,}ing$/.test(word)) return word.slice(0, -3);
  return /^[a-z]{3,}s$/.test(word) && !word.endsWith('ss') ? word.slice(0, -1) : word;
}

/** The tasks whose titles share the most words with the phrase; `isFull` if they contain all of its words. */
export function bestMatches(
  tasks: readonly TaskFacts[],
  phrase: string,
): { tasks: TaskFacts[]; isFull: boolean } {
  const exact = tasks.filter((task) => plainForm(task.title ?? '').trim() === plainForm(phrase).trim());
  if (exact.length > 0) return { tasks: exact, isFull: true };
  const wanted = tellingWords(phrase);
  const scored = tasks.map((task) => {
    return { task, score: countShared(wanted, task.title ?? '') };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  if (best === 0) return { tasks: [], isFull: false };
  return {
    tasks: scored.filter(({ score }) => score === best).map(({ task }) => task),
    isFull: best === wanted.length,
  };
}

/** The tasks that contain every word of the phrase in their title or description. */
export function mentioning(tasks: readonly TaskFacts[], phrase: string): TaskFacts[] {
  const wanted = tellingWords(phrase);
  return tasks.filter(
    ({ title = '', description = '' }) => countShared(wanted, `${title} ${description}`) === wanted.length,
  );
}

function countShared(wanted: readonly string[], text: string): number {
  const words = wordsOf(plainForm(text));
  return wanted.map(plainForm).filter((word) => words.some((other) => isSameWord(word, other))).length;
}

function isSameWord(left: string, right: string): boolean {
  if (left === right || searchStem(left) === searchStem(right)) return true;
  if (!/\p{Script=Cyrillic}/u.test(left)) return false;
  const shorter = Math.min(left.length, right.length);
  return shorter >= 4 && left.slice(0, shorter - 2) === right.slice(0, shorter - 2);
}

import { extractDate, type Reference } from './dates';
import type { TaskPriority, TaskWords } from './intent';
import type { Language } from './language';
import { capitalise, cut, fold, type QuoteMask, trimPunctuation } from './text';

const HASHTAG = /(?<![\p{L}\p{N}&#])#(?<tag>\p{L}[\p{L}\p{N}_-]{0,39})/gu;
const TITLE_CHARACTERS = 200;
const MOST_TAGS = 10;

/** The language and quotations needed to read a phrase. */
export interface Reading {
  readonly language: Language;
  readonly quotes: QuoteMask;
  readonly reference: Reference;
}

/** Extracts tags, description, priority and date from a phrase; the rest is the title. */
export function readTaskWords(phrase: string, { language, quotes }: Reading): TaskWords {
  const tags = new Set<string>();
  let rest = takeTags(phrase, language, tags);
  const described = language.described.exec(rest);
  const description = described?.groups?.['text']?.replace(/[)\s]+$/u, '');
  if (described)
    rest = `${rest.slice(0, described.index)} ${rest.slice(described.index + described[0].length)}`;
  let priority: TaskPriority | undefined;
  for (const [pattern, level] of language.priorities) {
    const shorter = rest.replace(pattern, ' ');
    if (shorter === rest) continue;
    priority ??= level;
    rest = shorter;
  }
  rest = takeTags(rest, language, tags);
  const found = extractDate(rest, language);
  const title = readTitle(takeTags(found?.rest ?? rest, language, tags), language, quotes);
  return {
    ...(title !== '' && { title }),
    ...(description && { description: quotes.unmask(description) }),
    ...(found && { due: found.due }),
    ...(priority && { priority }),
    ...(tags.size > 0 && { tags: [...tags].slice(0, MOST_TAGS) }),
  };
}

/** The tags of "home and work", "#home, #work". */
export function readTags(phrase: string, { language, quotes }: Reading): string[] {
  return quotes
    .unmask(phrase)
    .split(language.listSeparator)
    .flatMap((part) => part.split(/\s+(?=#)/u))
    .map((part) => trimPunctuation(part).replace(/^#/u, ''))
    .filter((tag) => tag !== '')
    .slice(0, MOST_TAGS);
}

/** The level named by "high", "top priority", "очень срочно". */
export function readPriority(phrase: string, language: Language): TaskPriority | undefined {
  const folded = fold(phrase);
  return language.priorityValues.find(([pattern]) => pattern.test(folded))?.[1];
}

export function readTitle(phrase: string, language: Language, quotes: QuoteMask): string {
  const quotation = quotes.quotationOf(trimPunctuation(phrase));
  if (quotation !== undefined) return cut(quotation, TITLE_CHARACTERS);
  let title = trimPunctuation(phrase.replace(/\s+/gu, ' ').replace(/\s+(?=[,;!?])/gu, ''));
  for (let round = 0; round < 3; round += 1) {
    const before = title;
    for (const frame of language.titleFrame) title = trimPunctuation(title.replace(frame, ''));
    if (title === before) break;
  }
  const unframed = quotes.quotationOf(title);
  if (unframed !== undefined) return cut(unframed, TITLE_CHARACTERS);
  return cut(capitalise(quotes.unmask(title)), TITLE_CHARACTERS);
}

function takeTags(phrase: string, language: Language, tags: Set<string>): string {
  const tagged = language.tagged.exec(phrase);
  for (const tag of tagged?.groups?.['tags']?.split(language.listSeparator) ?? []) {
    if (trimPunctuation(tag) !== '') tags.add(trimPunctuation(tag).replace(/^#/u, ''));
  }
  const rest = tagged ? phrase.slice(0, tagged.index) : phrase;
  for (const match of rest.matchAll(HASHTAG)) tags.add(match.groups?.['tag'] ?? '');
  return rest.replace(HASHTAG, ' ').replace(/ {2,}/g, ' ').trim();
}

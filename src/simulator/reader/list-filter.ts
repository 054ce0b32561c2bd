import { extractDate } from './dates';
import type { ListFilter } from './intent';
import { fold } from './text';
import { readPriority, readTaskWords, type Reading } from './task-words';

const OVERDUE = /overdue|past due|просрочен|atrasad|vencid/u;
const QUOTED = /[\uE000-\uF8FF]/u;

/** The filter in a list request: "show my urgent #home tasks about the roof due this week". */
export function readListFilter(request: string, reading: Reading): ListFilter {
  const { language, quotes } = reading;
  const folded = fold(request);
  const status = language.statuses.find(([pattern]) => pattern.test(folded))?.[1] ?? 'all';
  const level = folded.match(language.listPriority)?.[0];
  const priority = level === undefined ? undefined : readPriority(level, language);
  const [tag] = readTaskWords(request, reading).tags ?? [];
  const date = extractDate(request.replace(/[?!.]+$/u, ''), language);
  const due = OVERDUE.test(folded) ? 'overdue' : date?.due;
  const quotation = QUOTED.exec(request)?.[0];
  const query =
    quotation === undefined ? remainder(date?.rest ?? request, tag, reading) : quotes.unmask(quotation);
  return {
    status,
    ...(query !== '' && { query }),
    ...(due && { due }),
    ...(priority && { priority }),
    ...(tag && { tag }),
  };
}

/** The list request without the words common to all list requests. */
function remainder(request: string, tag: string | undefined, { language }: Reading): string {
  let letters = request.split('');
  for (const pattern of [language.listPriority, language.listWords]) {
    for (const match of fold(letters.join('')).matchAll(pattern)) {
      letters = letters.fill(' ', match.index, match.index + match[0].length);
    }
  }
  return letters
    .join('')
    .replace(/#[\p{L}\p{N}_-]+|'s\b|[^\p{L}\p{N}\s'&+-]/gu, ' ')
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word) && word !== tag)
    .join(' ');
}

import { extractDate, wholeDate } from './dates';
import type { Intent, Target, TaskChanges, TaskWords } from './intent';
import type { Rule } from './language';
import { readListFilter } from './list-filter';
import { isPlainTarget, readTargets } from './targets';
import { readPriority, readTags, readTaskWords, readTitle, type Reading } from './task-words';
import { fold } from './text';

const NO_REPORT =
  /^(?:want|need|lik|lov|hat|tri|ask|notic|decid|wish|work|creat|add|delet|remov|us|stopp?|start|mention|chang|rename?)ed$/u;

type Groups = Record<string, string>;

/** What a matched rule means; undefined if the words do not fit it, so that the next rule is tried. */
export function interpret(
  rule: Rule,
  groups: Groups,
  request: string,
  reading: Reading,
): Intent[] | undefined {
  const { language, quotes } = reading;
  const { task, value = '', title = '', when } = groups;
  if (rule.needsPlainTarget && !isPlainTarget(task, reading)) return undefined;
  const updates = (changes: TaskChanges, phrase = task): Intent[] =>
    readTargets(phrase, reading).map((target) => ({ kind: 'update', target, changes }));

  switch (rule.kind) {
    case 'greet':
    case 'thank':
    case 'help':
      return [{ kind: rule.kind }];
    case 'echo':
      return [{ kind: 'echo', text: quotes.unmask(value) }];
    case 'rename': {
      const newTitle = readTitle(title, language, quotes);
      return updates(newTitle === '' ? {} : { title: newTitle });
    }
    case 'clear_due':
      return updates({ due: null });
    case 'due': {
      if (when === undefined) {
        const found = extractDate(task ?? '', language);
        return found ? updates({ due: found.due }, found.rest) : updates({});
      }
      const due = wholeDate(when, language);
      return due === undefined ? undefined : updates({ due });
    }
    case 'priority': {
      const priority = readPriority(value, language);
      return priority && updates({ priority });
    }
    case 'add_tags':
      return updates({ addTags: readTags(value, reading) });
    case 'remove_tags':
      return updates({ removeTags: readTags(value, reading) });
    case 'describe':
      return updates({ description: quotes.unmask(value) });
    case 'update':
      return updates(readChanges(value, reading));
    case 'reopen':
    case 'delete':
      return readTargets(task, reading).map((target) => ({ kind: rule.kind as 'reopen' | 'delete', target }));
    case 'complete':
      return readCompletion(groups, reading);
    case 'show':
      return readShow(groups, request, reading);
    case 'list':
      return readList(groups, request, reading);
    case 'add':
      return readAddition(rule, groups, reading);
    case 'add_many':
      return readAdditions(title, reading);
  }
}

/** The value that "to …" sets: a date, a level, tags, or otherwise the title. */
function readChanges(value: string, reading: Reading): TaskChanges {
  const plain = value.replace(/^(?:an?|be)\s+/iu, '');
  const folded = fold(plain);
  const level = folded.match(reading.language.listPriority)?.[0];
  if (level === folded || /^(?:high|low|medium|top|none)$/u.test(folded)) {
    const priority = readPriority(folded, reading.language);
    if (priority) return { priority };
  }
  const due = wholeDate(plain, reading.language);
  return due === undefined ? readTaskWords(plain, reading) : { due };
}

function readCompletion({ task, verb }: Groups, reading: Reading): Intent[] | undefined {
  if (verb !== undefined) {
    const hint = infinitiveOf(verb, reading);
    if (hint === undefined) return undefined;
    return readTargets(task, reading).map((target) => ({ kind: 'complete', target: withHint(target, hint) }));
  }
  const isPlain = isPlainTarget(task, reading);
  // "Finish the report by Monday" describes a task still to be done.
  if (task !== undefined && !isPlain && extractDate(task, reading.language)) return undefined;
  return readTargets(task ?? 'it', reading).map((target) => ({ kind: 'complete', target }));
}

function readShow({ task, verb }: Groups, request: string, reading: Reading): Intent[] | undefined {
  const hint = verb === undefined ? undefined : (infinitiveOf(verb, reading) ?? verb);
  const targets = readTargets(task, reading);
  if (targets[0]?.by === 'all') return [{ kind: 'list', ...readListFilter(request, reading) }];
  return targets.map((target) => ({
    kind: 'show',
    target: hint === undefined ? target : withHint(target, hint),
  }));
}

function readList({ query }: Groups, request: string, reading: Reading): Intent[] {
  const filter = readListFilter(query ?? request, reading);
  const numbered = filter.query === undefined ? [] : readTargets(filter.query, reading);
  if (numbered.every((target) => target.by === 'id') && numbered.length > 0) {
    return numbered.map((target) => ({ kind: 'show', target }));
  }
  return [{ kind: 'list', ...filter }];
}

function readAddition(
  rule: Rule,
  { title = '', value = '', when }: Groups,
  reading: Reading,
): Intent[] | undefined {
  const { language } = reading;
  if (quotationsIn(title, reading) > 1) return readAdditions(title, reading);
  const words = readTaskWords(title, reading);
  const givenDue = when === undefined ? undefined : wholeDate(when, language);
  if (when !== undefined && givenDue === undefined) return undefined;
  const due = [givenDue, words.due].filter((part) => part !== undefined).join(' ');
  if (rule.needsDate && due === '') return undefined;
  const priority = words.priority ?? (value === '' ? undefined : readPriority(value, language));
  return [{ kind: 'add', ...words, ...(due !== '' && { due }), ...(priority && { priority }) }];
}

/** The number of titles in a phrase that consists only of quotations; otherwise 0. */
function quotationsIn(phrase: string, { language, quotes }: Reading): number {
  const parts = phrase.split(language.listSeparator);
  return parts.every((part) => quotes.quotationOf(part) !== undefined) ? parts.length : 0;
}

/** "add three tasks: a, b and c", "add these tasks for tomorrow: a, b". */
function readAdditions(titles: string, reading: Reading): Intent[] {
  const { language } = reading;
  const [head = '', ...tail] = titles.split(':');
  const commonDue = tail.length > 0 ? wholeDate(head, language) : undefined;
  const list = commonDue === undefined ? titles : tail.join(':');
  const tasks = list
    .split(language.listSeparator)
    .map((part): TaskWords => readTaskWords(part, reading))
    .filter((task) => task.title !== undefined);
  if (tasks.length === 0) return [{ kind: 'add', ...(commonDue && { due: commonDue }) }];
  return tasks.map((task) => ({ kind: 'add', ...(commonDue && { due: commonDue }), ...task }));
}

function infinitiveOf(verb: string, { language }: Reading): string | undefined {
  const [past = '', ...particle] = fold(verb).split(' ');
  const whole = language.infinitives[fold(verb)];
  if (whole !== undefined) return whole;
  const infinitive = language.infinitives[past];
  if (infinitive !== undefined) return [infinitive, ...particle].join(' ');
  const isRegularPast =
    language.name === 'English' && /^[a-z]{2,}(?<!e)ed$/u.test(past) && !NO_REPORT.test(past);
  return isRegularPast ? past.replace(/ed$/u, '') : undefined;
}

function withHint(target: Target, hint: string): Target {
  return target.by === 'words' ? { ...target, hint: `${hint} ${target.words}` } : target;
}

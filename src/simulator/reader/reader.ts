import { extractDate, type Reference } from './dates';
import { english } from './english';
import type { Intent } from './intent';
import { interpret } from './interpret';
import type { Language, RuleKind } from './language';
import { russian } from './russian';
import { spanish } from './spanish';
import { isBeyondReading } from './reservation';
import { isPlainTarget } from './targets';
import { readTaskWords, type Reading } from './task-words';
import { cut, fold, matchFolded, normalise, QuoteMask, trimPunctuation } from './text';

const MOST_INTENTS = 20;
/** Longer sentences are cut to this length; a title is shorter anyway. */
const SENTENCE_CHARACTERS = 600;
const MOST_PARTS = 30;
const BULLET = /^\s*(?:[-*•–]|\d{1,3}[.)])\s+/u;
const SMALL_TALK: readonly RuleKind[] = ['greet', 'thank', 'help'];
/** Kinds whose first word alone makes them a command. */
const UNMISTAKABLE: readonly RuleKind[] = ['add', 'add_many', 'list', 'rename'];
/** Kinds that end in a title: the words after "and" may well belong to it. */
const FREE_TEXT: readonly RuleKind[] = ['add', 'add_many', 'rename', 'describe', 'update', 'echo'];

interface Request {
  readonly intents: Intent[];
  readonly kind?: RuleKind;
  /** "Add these tasks:": the next lines are titles. */
  readonly awaitsTitles: boolean;
}

/** Reads a message in plain words into its intents, in order; never empty. */
export function readIntents(message: string, reference: Reference): Intent[] {
  const quotes = new QuoteMask();
  const text = quotes.mask(normalise(message));
  const reading: Reading = { language: languageOf(text), quotes, reference };
  const requests: Request[] = [];
  for (const line of text.split('\n')) {
    if (requests.length === MOST_INTENTS) break;
    const isBullet = BULLET.test(line);
    for (const sentence of sentencesOf(line.replace(BULLET, ''), reading)) {
      if (requests.length === MOST_INTENTS) break;
      for (const words of requestsOf(sentence, requests.at(-1), reading)) {
        if (requests.length < MOST_INTENTS)
          requests.push(readRequest(words, isBullet, requests.at(-1), reading));
      }
    }
  }
  const intents = tidy(requests);
  if (!isBeyondReading(fold(text), intents)) return intents;
  return [{ kind: 'unknown', text: cut(message.trim(), SENTENCE_CHARACTERS) }];
}

function languageOf(text: string): Language {
  if (russian.marker.test(text)) return russian;
  const folded = fold(text);
  const firstWords = folded.split(/\s+/u).slice(0, 6).join(' ');
  const isEnglish = /(?:^|\s)(?:the|to|my|add|show|task|tasks|what|please|delete|complete|i)(?:\s|$)/u.test(
    firstWords,
  );
  return !isEnglish && spanish.marker.test(folded) ? spanish : english;
}

function sentencesOf(line: string, { language }: Reading): string[] {
  const sentences = line
    .split(language.sequence)
    .map((sentence) => cut(sentence.trim(), SENTENCE_CHARACTERS));
  return sentences.filter((sentence) => sentence !== '');
}

/** Splits a sentence at those "and"s and commas that begin another request. */
function requestsOf(sentence: string, previous: Request | undefined, reading: Reading): string[] {
  const requests: string[] = [];
  let current = '';
  let separator = '';
  let from = 0;
  const close = (part: string): void => {
    if (current === '') current = part;
    else if (beginsRequest(part, current, previous, reading)) {
      requests.push(current);
      current = part;
    } else current += separator + part;
  };
  for (const [index, match] of [...sentence.matchAll(reading.language.conjunction)].entries()) {
    if (index === MOST_PARTS) break;
    close(sentence.slice(from, match.index));
    separator = match[0];
    from = match.index + match[0].length;
  }
  close(sentence.slice(from));
  return [...requests, current].filter((request) => request.trim() !== '');
}

function beginsRequest(
  part: string,
  current: string,
  previous: Request | undefined,
  reading: Reading,
): boolean {
  const { language } = reading;
  const left =
    readCommand(current, reading) ?? (isObligation(current, reading) ? { kind: 'add' as const } : undefined);
  const right = readCommand(part, reading, { isSecond: true });
  const isTitleSoFar = left !== undefined && FREE_TEXT.includes(left.kind);
  if (right && (!isTitleSoFar || right.isClear)) return true;
  const continuesAdding = left?.kind === 'add' || (left === undefined && previous?.kind === 'add');
  if (!continuesAdding || !language.taskVerb.test(fold(part))) return false;
  const added = readTaskWords(current, reading);
  const lastWords = fold(added.title ?? '').split(/\s+/u);
  const isBareVerb = lastWords.length < 3 && language.taskVerb.test(`${lastWords.at(-1) ?? ''} x`);
  return !isBareVerb && (added.due !== undefined || !language.followUpVerb.test(fold(part)));
}

function readRequest(
  words: string,
  isBullet: boolean,
  previous: Request | undefined,
  reading: Reading,
): Request {
  const { language } = reading;
  const command = readCommand(words, reading);
  const followsAddition = previous?.kind === 'add' || previous?.kind === 'add_many';
  const isNextTitle =
    followsAddition && (isBullet || previous.awaitsTitles || language.taskVerb.test(fold(words)));
  if (command && !(isNextTitle && !command.isClear)) {
    const awaitsTitles = command.intents.every(
      (intent) => intent.kind === 'add' && intent.title === undefined,
    );
    return { ...command, awaitsTitles };
  }
  const plain = withoutCourtesies(words, reading);
  const folded = fold(plain);
  const obligation = language.obligation.exec(folded)?.[0] ?? '';
  const isErrand =
    language.errandVerb.test(folded) ||
    (language.taskVerb.test(folded) && extractDate(plain, language) !== undefined);
  if (isNextTitle || obligation !== '' || isErrand) {
    const task = readTaskWords(plain.slice(obligation.length), reading);
    return {
      intents: [{ kind: 'add', ...task }],
      kind: 'add',
      awaitsTitles: followsAddition && previous.awaitsTitles,
    };
  }
  return (
    readDatedRequest(plain, reading) ?? {
      intents: [{ kind: 'unknown', text: reading.quotes.unmask(words) }],
      awaitsTitles: false,
    }
  );
}

/** "On Friday remind me to …", "Tomorrow I have to …": the date precedes the request. */
function readDatedRequest(words: string, reading: Reading): Request | undefined {
  const found = extractDate(words, reading.language);
  if (!found || found.rest.length >= words.length) return undefined;
  const request = readRequest(found.rest, false, undefined, reading);
  if (request.kind !== 'add') return undefined;
  const intents = request.intents.map((intent) =>
    intent.kind === 'add' && intent.title && !intent.due ? { ...intent, due: found.due } : intent,
  );
  return { ...request, intents };
}

interface Command {
  readonly intents: Intent[];
  readonly kind: RuleKind;
  /** Clearly a command, even where a title could continue. */
  readonly isClear: boolean;
}

function readCommand(words: string, reading: Reading, { isSecond = false } = {}): Command | undefined {
  const bare = trimPunctuation(words);
  const plain = withoutCourtesies(words, reading);
  const obligation = reading.language.obligation.exec(fold(plain))?.[0] ?? '';
  if (obligation !== '') {
    const command = matchRules(plain.slice(obligation.length), reading, isSecond);
    if (command?.isClear) return command;
    // Phrases such as "I need a task to…" have rules of their own.
    return matchRules(plain, reading, isSecond);
  }
  const smallTalk = isSecond ? undefined : matchRules(bare, reading, isSecond, SMALL_TALK);
  return smallTalk ?? matchRules(plain, reading, isSecond);
}

function matchRules(
  words: string,
  reading: Reading,
  isSecond: boolean,
  kinds?: readonly RuleKind[],
): Command | undefined {
  const languages = reading.language === english ? [english] : [reading.language, english];
  for (const language of languages) {
    for (const rule of language.rules) {
      if (kinds && !kinds.includes(rule.kind)) continue;
      if (isSecond && (rule.standsAlone || rule.kind === 'echo' || SMALL_TALK.includes(rule.kind))) continue;
      const groups = matchFolded(rule.pattern, words);
      const intents = groups && interpret(rule, groups, words, { ...reading, language });
      if (!intents) continue;
      const isClear =
        UNMISTAKABLE.includes(rule.kind) || isPlainTarget(groups['task'], { ...reading, language });
      return { intents, kind: rule.kind, isClear };
    }
  }
  return undefined;
}

function isObligation(words: string, reading: Reading): boolean {
  const plain = fold(withoutCourtesies(words, reading));
  return reading.language.obligation.test(plain) || reading.language.errandVerb.test(plain);
}

/** Removes "please" or "could you" before and "thanks" after, as long as words remain. */
function withoutCourtesies(words: string, { language }: Reading): string {
  let plain = trimPunctuation(words.replace(/^[¿¡]+/u, ''));
  for (let round = 0; round < 6; round += 1) {
    const before = plain;
    for (const courtesy of language.courtesies) {
      const length = courtesy.exec(fold(plain))?.[0].length ?? 0;
      if (length < plain.length) plain = plain.slice(length);
    }
    if (plain === before) break;
  }
  const end = language.trailing.exec(fold(plain));
  return trimPunctuation(end && end.index > 0 ? plain.slice(0, end.index) : plain);
}

/** Drops small talk beside other requests; drops a heading without a title if titles follow it. */
function tidy(requests: readonly Request[]): Intent[] {
  const intents = requests.flatMap((request, index) => {
    const isHeading =
      request.awaitsTitles && request.intents.every((intent) => intent.kind === 'add' && !intent.title);
    return isHeading && requests[index + 1]?.kind === 'add' ? [] : request.intents;
  });
  const isSmallTalk = ({ kind }: Intent): boolean => kind === 'greet' || kind === 'thank';
  const asked = intents.filter((intent) => !isSmallTalk(intent));
  const kept = asked.length > 0 ? asked : intents.slice(0, 1);
  return kept.length > 0 ? kept.slice(0, MOST_INTENTS) : [{ kind: 'greet' }];
}

import type { TaskPriority, TaskStatus } from './intent';

/** What a sentence asks for; several kinds become one intent ("rename" and "due" are both an update). */
export type RuleKind =
  | 'greet'
  | 'thank'
  | 'help'
  | 'echo'
  | 'rename'
  | 'due'
  | 'clear_due'
  | 'priority'
  | 'add_tags'
  | 'remove_tags'
  | 'describe'
  | 'reopen'
  | 'complete'
  | 'show'
  | 'list'
  | 'delete'
  | 'add'
  | 'add_many'
  | 'update';

/**
 * A sentence pattern over folded text (lower case, no accents; flags `du`). Named groups: `task` (which task), `title`,
 * `value` (new value), `when` (must be a date and nothing else), `verb` (a past tense: "bought"), `query`.
 */
export interface Rule {
  readonly kind: RuleKind;
  readonly pattern: RegExp;
  /** The rule holds only where the target is a number, "it", "all" or says "task". */
  readonly needsPlainTarget?: boolean;
  /** The rule holds only where a date is found ("I have a meeting tomorrow"). */
  readonly needsDate?: boolean;
  /** No second request of a sentence: "task 1 and task 2 are done" is one, not "task 1" and another. */
  readonly standsAlone?: boolean;
}

export type Replacement = readonly [pattern: RegExp, replacement: string | ((...match: string[]) => string)];

/** Everything the reader knows about one language. Patterns without a note run over folded text. */
export interface Language {
  readonly name: 'English' | 'Russian' | 'Spanish';
  /** The first that matches wins: the special stand before the general. */
  readonly rules: readonly Rule[];
  /** Words that give the language away where letters do not. */
  readonly marker: RegExp;
  /** Taken off the front of a request, again and again: "please", "could you". */
  readonly courtesies: readonly RegExp[];
  /** Taken off the end: "please", "for me". */
  readonly trailing: RegExp;
  /** "I need to", "remind me to": what follows is a command if it clearly is one, else a new task. */
  readonly obligation: RegExp;
  /** Words between two requests that always part them (original text, flags `giu`). */
  readonly sequence: RegExp;
  /** Words that part two requests where the second reads as one: "and", a comma (original text, flags `giu`). */
  readonly conjunction: RegExp;
  /** "and" between the members of a list of titles, ids or tags (original text). */
  readonly listSeparator: RegExp;
  /** A first word that makes a phrase a thing to do: "buy", "call". */
  readonly taskVerb: RegExp;
  /** Acts that often belong to the one before: "call Bob and ask about the rent" is one task. */
  readonly followUpVerb: RegExp;
  /** The few of them that make a task without being told to add one. */
  readonly errandVerb: RegExp;
  /** "task", "#3", "it", "all": the phrase speaks of the list, it is not the words of a title. */
  readonly plainTarget: RegExp;
  readonly previousTarget: RegExp;
  readonly everyTarget: RegExp;
  readonly positions: readonly (readonly [RegExp, number])[];
  /** Articles and nouns around the words of a target: "the … task". */
  readonly targetFrame: readonly RegExp[];
  readonly statuses: readonly (readonly [RegExp, TaskStatus])[];
  /** Words of a list request that are no part of what is looked for. */
  readonly listWords: RegExp;
  readonly listPriority: RegExp;
  /** Matches from the word before the priority on; the whole match leaves the title (original text, `iu`). */
  readonly priorities: readonly (readonly [RegExp, TaskPriority])[];
  readonly priorityValues: readonly (readonly [RegExp, TaskPriority])[];
  /** "tagged home and work" at the end of a title: group `tags` (original text, `iu`). */
  readonly tagged: RegExp;
  /** "with the description …": group `text`, a quotation or all that follows (original text, `iu`). */
  readonly described: RegExp;
  /** Words around a title that are no part of it (original text, `iu`). */
  readonly titleFrame: readonly RegExp[];
  /** Day words put into English, in place (original text, `giu`). */
  readonly dateWords: readonly Replacement[];
  /** "bought" → "buy": lets "I bought the milk" find "Buy milk". */
  readonly infinitives: Readonly<Record<string, string>>;
}

/** A rule from pattern source; it must match the whole request. */
export function rule(kind: RuleKind, source: string, options: Omit<Rule, 'kind' | 'pattern'> = {}): Rule {
  return { kind, pattern: new RegExp(`^(?:${source})$`, 'du'), ...options };
}

/** Whole words in any alphabet; `\b` knows Latin letters only. */
export function words(source: string, flags = 'giu'): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${source})(?![\\p{L}\\p{N}])`, flags);
}

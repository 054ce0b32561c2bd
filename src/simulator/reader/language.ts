import type { TaskPriority, TaskStatus } from './intent';

/** The kind of request in a sentence; several kinds become one intent ("rename" and "due" are both an update). */
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
  /** The rule holds only if the target is a number, "it", "all" or contains "task". */
  readonly needsPlainTarget?: boolean;
  /** The rule holds only if a date is found ("I have a meeting tomorrow"). */
  readonly needsDate?: boolean;
  /** Never matches as the second request of a sentence: "task 1 and task 2 are done" is one request. */
  readonly standsAlone?: boolean;
}

export type Replacement = readonly [pattern: RegExp, replacement: string | ((...match: string[]) => string)];

/** Everything the reader knows about one language. Patterns without a note run over folded text. */
export interface Language {
  readonly name: 'English' | 'Russian' | 'Spanish';
  /** The first match wins: specific rules stand before general ones. */
  readonly rules: readonly Rule[];
  /** Words that identify the language when letters do not. */
  readonly marker: RegExp;
  /** Removed from the front of a request, repeatedly: "please", "could you". */
  readonly courtesies: readonly RegExp[];
  /** Removed from the end: "please", "for me". */
  readonly trailing: RegExp;
  /** "I need to", "remind me to": the rest is a command if it clearly is one, otherwise a new task. */
  readonly obligation: RegExp;
  /** Words that always separate two requests (original text, flags `giu`). */
  readonly sequence: RegExp;
  /** Words that separate two requests if the second reads as one: "and", a comma (original text, flags `giu`). */
  readonly conjunction: RegExp;
  /** "and" between the members of a list of titles, ids or tags (original text). */
  readonly listSeparator: RegExp;
  /** A first word that makes a phrase an activity: "buy", "call". */
  readonly taskVerb: RegExp;
  /** Verbs that often continue the activity before: "call Bob and ask about the rent" is one task. */
  readonly followUpVerb: RegExp;
  /** The few task verbs that create a task without an explicit "add". */
  readonly errandVerb: RegExp;
  /** "task", "#3", "it", "all": the phrase refers to the list and is not the words of a title. */
  readonly plainTarget: RegExp;
  readonly previousTarget: RegExp;
  readonly everyTarget: RegExp;
  readonly positions: readonly (readonly [RegExp, number])[];
  /** Articles and nouns around the words of a target: "the … task". */
  readonly targetFrame: readonly RegExp[];
  readonly statuses: readonly (readonly [RegExp, TaskStatus])[];
  /** Words of a list request that are not search terms. */
  readonly listWords: RegExp;
  readonly listPriority: RegExp;
  /** Matches from the word before the priority; the whole match is removed from the title (original text, `iu`). */
  readonly priorities: readonly (readonly [RegExp, TaskPriority])[];
  readonly priorityValues: readonly (readonly [RegExp, TaskPriority])[];
  /** "tagged home and work" at the end of a title: group `tags` (original text, `iu`). */
  readonly tagged: RegExp;
  /** "with the description …": group `text`, a quotation or the whole rest (original text, `iu`). */
  readonly described: RegExp;
  /** Words around a title that do not belong to it (original text, `iu`). */
  readonly titleFrame: readonly RegExp[];
  /** Day words replaced in place by English ones (original text, `giu`). */
  readonly dateWords: readonly Replacement[];
  /** "bought" → "buy": lets "I bought the milk" find "Buy milk". */
  readonly infinitives: Readonly<Record<string, string>>;
}

/** Makes a rule from pattern source; the pattern must match the whole request. */
export function rule(kind: RuleKind, source: string, options: Omit<Rule, 'kind' | 'pattern'> = {}): Rule {
  return { kind, pattern: new RegExp(`^(?:${source})$`, 'du'), ...options };
}

/** Matches whole words in any alphabet; `\b` knows Latin letters only. */
export function words(source: string, flags = 'giu'): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${source})(?![\\p{L}\\p{N}])`, flags);
}

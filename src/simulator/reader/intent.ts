export type TaskPriority = 'none' | 'low' | 'medium' | 'high' | 'urgent';
export type TaskStatus = 'all' | 'pending' | 'completed';

/** Which task a sentence is about. */
export type Target =
  | { readonly by: 'id'; readonly id: number }
  /** `hint` narrows an ambiguous match ("I bought the milk": words "milk", hint "buy milk"). */
  | { readonly by: 'words'; readonly words: string; readonly hint?: string }
  /** "it", "that one": the task mentioned last. */
  | { readonly by: 'previous' }
  /** 1 is the first task of the list shown last, -1 its last. */
  | { readonly by: 'position'; readonly position: number }
  | { readonly by: 'all'; readonly status: TaskStatus }
  | { readonly by: 'nothing' };

/** The parts of a new task; the due date stays in English words or ISO, as the user wrote it. */
export interface TaskWords {
  readonly title?: string;
  readonly description?: string;
  readonly due?: string;
  readonly priority?: TaskPriority;
  readonly tags?: readonly string[];
}

export interface TaskChanges extends Omit<TaskWords, 'due'> {
  /** `null` removes the due date. */
  readonly due?: string | null;
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
}

export interface ListFilter {
  readonly status: TaskStatus;
  readonly query?: string;
  /** A day or span in words: "today", "this week", "overdue". */
  readonly due?: string;
  readonly priority?: TaskPriority;
  readonly tag?: string;
}

export type Intent =
  | ({ readonly kind: 'add' } & TaskWords)
  | ({ readonly kind: 'list' } & ListFilter)
  | { readonly kind: 'show' | 'complete' | 'reopen' | 'delete'; readonly target: Target }
  | { readonly kind: 'update'; readonly target: Target; readonly changes: TaskChanges }
  | { readonly kind: 'greet' | 'thank' | 'help' }
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string };

import { describeFailure, describeTask, shorten } from './answers';
import { bestMatches, searchStem, tellingWords } from './matching';
import type { ListFilter, Target } from './reader/intent';
import type { PlannedCall, TaskDesk } from './task-desk';
import type { TaskFacts, ToolResult } from './tool-results';

/** The progress of an intent: calls it waits for, or text for the user. */
export type Progress =
  | {
      readonly state: 'waits';
      readonly calls: readonly PlannedCall[];
      readonly phase: 'lookup' | 'read' | 'write';
    }
  | { readonly state: 'finished'; readonly lines: readonly string[] };

type Resolution = Progress | { readonly state: 'found'; readonly tasks: readonly TaskFacts[] };
export type TargetedKind = 'show' | 'complete' | 'reopen' | 'delete' | 'update';

const LOOKUP_WORDS = 2;
const MOST_LOOKED_THROUGH = 100;

export const finished = (...lines: string[]): Progress => ({ state: 'finished', lines });
export const waits = (phase: 'lookup' | 'read' | 'write', ...calls: PlannedCall[]): Progress => ({
  state: 'waits',
  phase,
  calls,
});

/** Finds the tasks that a phrase means: from known tasks, otherwise from the list, otherwise by asking the user. */
export function resolve(kind: TargetedKind, target: Target, desk: TaskDesk): Resolution {
  switch (target.by) {
    case 'id':
      return { state: 'found', tasks: [{ id: target.id, tags: [] }] };
    case 'nothing':
      return finished(`Which task do you want to ${verbOf(kind)}?`);
    case 'previous':
      return desk.subject?.id === undefined
        ? finished(`Which task do you mean? Tell me its number.`)
        : { state: 'found', tasks: [desk.subject] };
    case 'position': {
      const task = desk.shown?.at(target.position > 0 ? target.position - 1 : target.position);
      return task?.id === undefined
        ? finished('Which task do you mean? Tell me its number.')
        : { state: 'found', tasks: [task] };
    }
    case 'all':
      return resolveAll(kind, target.status, desk);
    case 'words':
      return resolveWords(kind, target, desk);
  }
}

function resolveAll(kind: TargetedKind, status: ListFilter['status'], desk: TaskDesk): Resolution {
  const wanted =
    status !== 'all' ? status : kind === 'complete' ? 'pending' : kind === 'reopen' ? 'completed' : 'all';
  const call: PlannedCall = { action: 'list', values: { status: wanted } };
  const result = desk.take(call);
  if (!result) return waits('lookup', call);
  if (result.kind === 'error') return finished(`I could not look your tasks up: ${describeFailure(result)}.`);
  const tasks = result.kind === 'tasks' ? result.tasks.filter((task) => task.id !== undefined) : [];
  if (tasks.length === 0)
    return finished(`There is no ${wanted === 'all' ? '' : `${wordFor(wanted)} `}task to ${verbOf(kind)}.`);
  return { state: 'found', tasks };
}

/** Lists every task, to match words that the tool's search misses: it treats "cafe" and "café" as different. */
export function everyTask(status: ListFilter['status']): PlannedCall {
  return { action: 'list', values: { status, limit: MOST_LOOKED_THROUGH } };
}

/** Searches for the most distinctive word, then the next, then all tasks; acts only on a single full match. */
function resolveWords(
  kind: TargetedKind,
  target: Extract<Target, { by: 'words' }>,
  desk: TaskDesk,
): Resolution {
  let best: ReturnType<typeof bestMatches> = { tasks: [], isFull: false };
  for (const word of tellingWords(target.words).slice(0, LOOKUP_WORDS)) {
    const call: PlannedCall = { action: 'list', values: { status: 'all', query: searchStem(word) } };
    const result = desk.take(call);
    if (!result) return waits('lookup', call);
    if (result.kind === 'error')
      return finished(`I could not look “${shorten(target.words)}” up: ${describeFailure(result)}.`);
    if (result.kind === 'other') return finished(...wordsOf(result));
    const candidates = result.kind === 'tasks' ? result.tasks : [result.task];
    best = bestMatches(candidates, target.words);
    if (best.tasks.length > 0) return choose(kind, target, best);
  }
  const all = desk.take(everyTask('all'));
  if (!all) return waits('lookup', everyTask('all'));
  if (all.kind === 'tasks') best = bestMatches(all.tasks, target.words);
  return choose(kind, target, best);
}

function choose(
  kind: TargetedKind,
  target: Extract<Target, { by: 'words' }>,
  best: ReturnType<typeof bestMatches>,
): Resolution {
  const named = `“${shorten(target.words)}”`;
  if (best.tasks.length === 0) return finished(`I found no task matching ${named}.`);
  if (kind === 'show') return { state: 'found', tasks: best.tasks };
  const isDone = kind === 'complete' ? true : kind === 'reopen' ? false : undefined;
  const changeable = best.tasks.filter((task) => isDone === undefined || task.isCompleted !== isDone);
  if (changeable.length === 0) {
    return finished(
      `Task ${describeTask({ ...best.tasks[0], tags: [] })} is ${isDone ? 'already done' : 'already open'}.`,
    );
  }
  const candidates = narrow(changeable, target.hint, kind);
  const [only, ...others] = candidates;
  if (only?.id !== undefined && others.length === 0 && best.isFull) return { state: 'found', tasks: [only] };
  if (others.length === 0 && only) return finished(`Do you mean task ${describeTask(only)}?`);
  return finished(
    `${candidates.length} tasks match ${named}. Which one do you mean?`,
    ...candidates.map((task) => `- ${describeTask(task)}`),
  );
}

/** Prefers the task that the hint names ("buy milk" for "I bought the milk"); for changes, the open task. */
function narrow(
  tasks: readonly TaskFacts[],
  hint: string | undefined,
  kind: TargetedKind,
): readonly TaskFacts[] {
  if (tasks.length < 2) return tasks;
  const hinted = hint === undefined ? undefined : bestMatches(tasks, hint);
  if (hinted?.isFull && hinted.tasks.length === 1) return hinted.tasks;
  const open = tasks.filter((task) => !task.isCompleted);
  return kind === 'update' && open.length === 1 ? open : tasks;
}

/** Plain text for a result of unknown shape. */
export function wordsOf(result: ToolResult): string[] {
  if (result.kind === 'task') return [`Found task ${describeTask(result.task)}.`];
  return [
    result.kind === 'other' && result.text !== ''
      ? `The tool answered: ${result.text}`
      : 'The tool answered nothing.',
  ];
}

function verbOf(kind: TargetedKind): string {
  return kind === 'update' ? 'change' : kind === 'show' ? 'see' : kind;
}

function wordFor(status: 'pending' | 'completed'): string {
  return status === 'pending' ? 'open' : status;
}

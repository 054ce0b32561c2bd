import {
  describeFailure,
  describeList,
  describeTask,
  GREETING,
  notUnderstood,
  SELF_DESCRIPTION,
  shorten,
  withinDays,
} from './answers';
import { mentioning, searchStem, tellingWords } from './matching';
import { dayRange, type Reference } from './reader/dates';
import type { Intent, ListFilter, Target, TaskChanges, TaskWords } from './reader/intent';
import type { PlannedCall, TaskDesk } from './task-desk';
import { everyTask, finished, type Progress, resolve, waits, wordsOf } from './task-lookup';
import type { TaskFacts } from './tool-results';

const DONE = { complete: 'Completed', reopen: 'Reopened', delete: 'Deleted', update: 'Changed' } as const;

/** Carries one intent as far as the available results allow. */
export function advance(intent: Intent, desk: TaskDesk, reference: Reference): Progress {
  switch (intent.kind) {
    case 'add':
      return add(intent, desk);
    case 'list':
      return list(intent, desk, reference);
    case 'show':
      return show(intent.target, desk);
    case 'complete':
    case 'reopen':
    case 'delete':
      return change(intent.kind, intent.target, desk, intent.kind, (task) => ({
        task_id: task.id,
        ...(intent.kind !== 'delete' && { completed: intent.kind === 'complete' }),
      }));
    case 'update':
      return update(intent.target, intent.changes, desk);
    case 'greet':
      return finished(GREETING);
    case 'thank':
      return finished('All right. Tell me when there is more to do.');
    case 'help':
      return finished(SELF_DESCRIPTION);
    case 'echo':
      return finished(intent.text);
    case 'unknown':
      return finished(notUnderstood(intent.text));
  }
}

function add({ title, description, due, priority, tags }: TaskWords, desk: TaskDesk): Progress {
  if (title === undefined) return finished('What should the task be called?');
  const call: PlannedCall = {
    action: 'add',
    values: {
      title,
      ...(description && { description }),
      ...(due && { due }),
      ...(priority && { priority }),
      ...(tags && { tags }),
    },
  };
  const result = desk.take(call);
  if (!result) return waits('write', call);
  if (result.kind === 'error') {
    return finished(`I could not add “${shorten(title)}”: ${describeFailure(result)}.`);
  }
  if (result.kind !== 'task') return finished(`Added “${shorten(title)}”.`);
  return finished(`Added task ${describeTask({ ...result.task, title: result.task.title ?? title })}.`);
}

function list(filter: ListFilter, desk: TaskDesk, reference: Reference): Progress {
  const { status, query, due, priority, tag } = filter;
  // The tool searches for a single string; several words are matched here.
  const stem = query === undefined ? undefined : searchStem(tellingWords(query)[0] ?? query);
  const call: PlannedCall = {
    action: 'list',
    values: { status, ...(stem !== undefined && { query: stem }) },
  };
  const result = desk.take(call);
  if (!result) return waits('read', call);
  if (result.kind === 'error') return finished(`I could not list your tasks: ${describeFailure(result)}.`);
  if (result.kind !== 'tasks') return finished(...wordsOf(result));
  let tasks = query === undefined ? result.tasks : mentioning(result.tasks, query);
  if (query !== undefined && tasks.length === 0) {
    const all = desk.take(everyTask(status));
    if (!all) return waits('read', everyTask(status));
    if (all.kind === 'tasks') tasks = mentioning(all.tasks, query);
  }
  const range = due === undefined ? undefined : dayRange(due, reference);
  if (range) tasks = withinDays(tasks, range);
  if (priority !== undefined) tasks = tasks.filter((task) => task.priority === priority);
  if (tag !== undefined) tasks = tasks.filter((task) => task.tags.includes(tag));
  desk.remember({ kind: 'tasks', tasks, total: tasks.length });
  const total = tasks.length === result.tasks.length ? result.total : tasks.length;
  return finished(...describeList(tasks, total, filter));
}

function show(target: Target, desk: TaskDesk): Progress {
  const found = resolve('show', target, desk);
  if (found.state !== 'found') return found;
  if (target.by !== 'id' && found.tasks.every((task) => task.title !== undefined)) {
    return finished(
      ...found.tasks.map((task) => `${describeTask(task)} is ${task.isCompleted ? 'done' : 'open'}.`),
    );
  }
  const calls = found.tasks.map((task): PlannedCall => ({ action: 'get', values: { task_id: task.id } }));
  return report(
    calls,
    desk,
    'read',
    (task) => [
      `Task ${describeTask(task)}${task.isCompleted ? '' : ' is open'}.`,
      ...(task.description === undefined ? [] : [task.description]),
    ],
    'find',
    found.tasks,
  );
}

function update(target: Target, changes: TaskChanges, desk: TaskDesk): Progress {
  const { title, description, due, priority, tags, addTags, removeTags } = changes;
  const isEmpty = Object.values(changes).every((value) => value === undefined);
  if (isEmpty) return finished('What should I change it to?');
  const needsTags = addTags !== undefined || removeTags !== undefined;
  return change(
    'update',
    target,
    desk,
    'change',
    (task) => ({
      task_id: task.id,
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      ...(due !== undefined && { due }),
      ...(priority !== undefined && { priority }),
      ...(tags !== undefined && { tags }),
      ...(needsTags && {
        tags: [...new Set([...task.tags, ...(addTags ?? [])])].filter((tag) => !removeTags?.includes(tag)),
      }),
    }),
    needsTags,
  );
}

/**
 * Finds the tasks, then changes each.
 * @param needsTags the current tags must be read first
 */
function change(
  action: keyof typeof DONE,
  target: Target,
  desk: TaskDesk,
  verb: string,
  valuesFor: (task: TaskFacts) => Readonly<Record<string, unknown>>,
  needsTags = false,
): Progress {
  const found = resolve(action, target, desk);
  if (found.state !== 'found') return found;
  let { tasks } = found;
  if (needsTags && target.by === 'id' && desk.offers('get')) {
    const calls = tasks.map((task): PlannedCall => ({ action: 'get', values: { task_id: task.id } }));
    const results = calls.map((call) => desk.take(call));
    if (results.some((result) => result === undefined)) return waits('lookup', ...calls);
    tasks = tasks.map((task, index) => {
      const result = results[index];
      return result?.kind === 'task' ? result.task : task;
    });
  }
  const calls = tasks.map((task): PlannedCall => ({ action, values: valuesFor(task) }));
  const done = DONE[action];
  return report(
    calls,
    desk,
    'write',
    (task) => [`${done} task ${describeTask({ ...task, isCompleted: undefined })}.`],
    verb,
    tasks,
  );
}

/** Waits for calls that are still to be made; otherwise reports the result of each. */
function report(
  calls: readonly PlannedCall[],
  desk: TaskDesk,
  phase: 'read' | 'write',
  tell: (task: TaskFacts) => string[],
  verb: string,
  tasks: readonly TaskFacts[],
): Progress {
  const results = calls.map((call) => desk.take(call));
  const missing = calls.filter((_call, index) => results[index] === undefined);
  if (missing.length > 0) return waits(phase, ...missing);
  return finished(
    ...results.flatMap((result, index) => {
      const task = tasks[index] ?? { tags: [] };
      if (!result) return [];
      if (result.kind === 'error') {
        return [`I could not ${verb} task ${describeTask(task)}: ${describeFailure(result)}.`];
      }
      return tell(result.kind === 'task' ? { ...task, ...result.task } : task);
    }),
  );
}

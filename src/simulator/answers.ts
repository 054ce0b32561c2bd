import type { DayRange } from './reader/dates';
import type { ListFilter } from './reader/intent';
import type { PlannedCall } from './task-desk';
import type { TaskFacts, ToolResult } from './tool-results';

const MOST_LISTED = 50;

export const GREETING =
  'Hello! I am Keyturn’s offline simulator. Ask me to add, list, find, change, complete, reopen or delete tasks.';

export const SELF_DESCRIPTION = [
  'I am Keyturn’s offline simulator: a few rules in place of a language model, so I read plain task requests only. For example:',
  '- “Add a task to buy milk tomorrow, urgent #home” or “Remind me to call John on Friday at 5pm”',
  '- “Show my tasks”, “What is due today?”, “Find dentist”',
  '- “Complete task 3”, “I bought the milk”, “Reopen task 3”',
  '- “Rename task 2 to Buy oat milk”, “Move task 2 to Monday”, “Make task 4 urgent”',
  '- “Delete the milk task”',
  'Several requests may stand in one message, in English, Russian or Spanish. Set OPENAI_API_KEY for a real model.',
].join('\n');

export function notUnderstood(text: string): string {
  return `I did not understand “${shorten(text)}”. ${SELF_DESCRIPTION}`;
}

export function shorten(text: string, characters = 120): string {
  const points = [...text];
  return points.length <= characters ? text : `${points.slice(0, characters - 1).join('')}…`;
}

/** Shows an instant with "UTC"; leaves a plain date unchanged. */
function readableDue(due: string): string {
  return due.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z$/, '$1 $2 UTC');
}

/** "#7 “Buy milk” (due 2026-11-22, high priority, #home)" */
export function describeTask({ id, title, due, priority, tags, isCompleted }: TaskFacts): string {
  const details = [
    due && `due ${readableDue(due)}`,
    priority && priority !== 'none' && (priority === 'urgent' ? 'urgent' : `${priority} priority`),
    tags.length > 0 && tags.map((tag) => `#${tag}`).join(' '),
    isCompleted && 'completed',
  ].filter((detail) => typeof detail === 'string' && detail !== '');
  const name = [id !== undefined && `#${id}`, title !== undefined && `“${title}”`].filter(Boolean).join(' ');
  return details.length > 0 ? `${name} (${details.join(', ')})` : name;
}

export function describeList(tasks: readonly TaskFacts[], total: number, filter: ListFilter): string[] {
  const kind = kindOf(filter);
  if (tasks.length === 0) return [`You have no ${kind}.${isBare(filter) ? ' Tell me what to add.' : ''}`];
  const shown = tasks.slice(0, MOST_LISTED);
  const hidden = Math.max(total, tasks.length) - shown.length;
  const count = Math.max(total, tasks.length);
  return [
    `You have ${count} ${count === 1 ? kind.replace(/\btasks\b/, 'task') : kind}:`,
    ...shown.map((task) => `- ${describeTask(task)}`),
    ...(hidden > 0 ? [`…and ${hidden} more.`] : []),
  ];
}

/** Tasks whose due day lies in the range; a completed task is never overdue. */
export function withinDays(tasks: readonly TaskFacts[], range: DayRange): TaskFacts[] {
  return tasks.filter(({ due, isCompleted }) => {
    const day = due?.slice(0, 10);
    if (day === undefined || day > range.to) return false;
    return range.from === undefined ? !isCompleted : day >= range.from;
  });
}

/** Describes a tool result that answers none of the requests read from the message. */
export function describeResult(tool: string, result: ToolResult): string[] {
  switch (result.kind) {
    case 'error':
      return [`The tool ${tool} failed: ${describeFailure(result)}.`];
    case 'task':
      return [`The tool ${tool} answered with task ${describeTask(result.task)}.`];
    case 'tasks':
      return describeList(result.tasks, result.total, { status: 'all' });
    case 'other':
      return [
        result.text === ''
          ? `The tool ${tool} answered nothing.`
          : `The tool ${tool} answered: ${result.text}`,
      ];
  }
}

export function describeFailure({ code, detail }: { code: string; detail?: string }): string {
  return detail === undefined ? code : `${detail.replace(/[.\s]+$/u, '')} (${code})`;
}

function isBare({ query, due, priority, tag, status }: ListFilter): boolean {
  return status !== 'completed' && [query, due, priority, tag].every((part) => part === undefined);
}

function kindOf({ status, query, due, priority, tag }: ListFilter): string {
  const parts = [
    priority && (priority === 'urgent' ? 'urgent' : `${priority}-priority`),
    due === 'overdue' ? 'overdue' : status === 'pending' ? 'open' : status === 'completed' && 'completed',
    'tasks',
    query && `matching “${query}”`,
    tag && `tagged #${tag}`,
    due && due !== 'overdue' && `due ${due}`,
  ];
  return parts.filter(Boolean).join(' ');
}

/** "add “Buy milk”, due tomorrow": describes a call that no declared tool could make. */
export function describePlan({ action, values }: PlannedCall): string {
  const title = typeof values['title'] === 'string' ? `“${shorten(values['title'])}”` : undefined;
  if (action === 'add') {
    return ['add', title, typeof values['due'] === 'string' && `(due ${values['due']})`]
      .filter(Boolean)
      .join(' ');
  }
  if (action === 'list') return 'look at your tasks';
  const verb = action === 'get' ? 'read' : action === 'update' ? 'change' : action;
  const { task_id: id } = values;
  return typeof id === 'number' || typeof id === 'string' ? `${verb} task #${id}` : `${verb} a task`;
}

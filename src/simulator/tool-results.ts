import { asRecord, parseJson } from './dialogue';
import { cut } from './reader/text';

/** The facts about a task that a tool result gives. */
export interface TaskFacts {
  readonly id?: number | string;
  readonly title?: string;
  readonly isCompleted?: boolean;
  readonly due?: string;
  readonly priority?: string;
  readonly tags: readonly string[];
  readonly description?: string;
}

export type ToolResult =
  | { readonly kind: 'tasks'; readonly tasks: readonly TaskFacts[]; readonly total: number }
  | { readonly kind: 'task'; readonly task: TaskFacts }
  | { readonly kind: 'error'; readonly code: string; readonly detail?: string }
  | { readonly kind: 'other'; readonly text: string };

const SHOWN_CHARACTERS = 300;

/** Reads a tool result, from our tools or a client's own: tolerant of shape, but never guessing. */
export function readToolResult(text: string): ToolResult {
  const value = parseJson(text);
  const record = asRecord(value);
  if (record?.['error'] !== undefined && record['error'] !== null && record['error'] !== false) {
    return readError(record);
  }
  const list = Array.isArray(value) ? (value as unknown[]) : listIn(record);
  if (list) {
    const tasks = list.map((each) => readTask(each)).filter((task) => task !== undefined);
    if (tasks.length === list.length) {
      const total = typeof record?.['total'] === 'number' ? record['total'] : tasks.length;
      return { kind: 'tasks', tasks, total: Math.max(total, tasks.length) };
    }
  }
  const named = record?.['task'];
  const task = asRecord(named) ? readTask(named, true) : readTask(record);
  if (task) return { kind: 'task', task };
  return { kind: 'other', text: plainText(value, text) };
}

function listIn(record: Record<string, unknown> | undefined): unknown[] | undefined {
  const list = record && [record['tasks'], record['items'], record['data']].find(Array.isArray);
  return list as unknown[] | undefined;
}

function readError(record: Record<string, unknown>): ToolResult {
  const { error, detail, message } = record;
  const inner = asRecord(error);
  const code = typeof error === 'string' ? error : (textOf(inner?.['code']) ?? 'error');
  const why = textOf(detail) ?? textOf(message) ?? textOf(inner?.['message']);
  return {
    kind: 'error',
    code: cut(code, SHOWN_CHARACTERS),
    ...(why && { detail: cut(why, SHOWN_CHARACTERS) }),
  };
}

/** @param isNamed the value was under the key `task`, so an id alone makes it a task */
function readTask(value: unknown, isNamed = false): TaskFacts | undefined {
  const record = asRecord(value);
  if (!record) return undefined;
  const id = [record['id'], record['task_id'], record['taskId']].find(
    (each): each is number | string => typeof each === 'number' || (typeof each === 'string' && each !== ''),
  );
  const title = textOf(record['title']) ?? textOf(record['name']) ?? textOf(record['text']);
  const { completed, done, status } = record;
  const isCompleted = [completed, done].find((each) => typeof each === 'boolean') ?? isDoneStatus(status);
  const hasShape = isNamed
    ? id !== undefined || title !== undefined
    : title !== undefined || 'task_id' in record;
  if (!hasShape || (id === undefined && isCompleted === undefined && !isNamed)) return undefined;
  const due = textOf(record['due_at']) ?? textOf(record['due']) ?? textOf(record['due_date']);
  const priority = textOf(record['priority']);
  const description = textOf(record['description']);
  return {
    ...(id !== undefined && { id }),
    ...(title !== undefined && { title }),
    ...(isCompleted !== undefined && { isCompleted }),
    ...(due !== undefined && { due }),
    ...(priority !== undefined && { priority }),
    ...(description !== undefined && { description }),
    tags: Array.isArray(record['tags']) ? record['tags'].filter((tag) => typeof tag === 'string') : [],
  };
}

function isDoneStatus(status: unknown): boolean | undefined {
  if (typeof status !== 'string') return undefined;
  if (/^(?:completed?|done|finished|closed)$/i.test(status)) return true;
  return /^(?:pending|open|todo|active|incomplete)$/i.test(status) ? false : undefined;
}

function plainText(value: unknown, text: string): string {
  if (typeof value === 'string') return cut(value.trim(), SHOWN_CHARACTERS);
  return cut(text.replace(/\s+/g, ' ').trim(), SHOWN_CHARACTERS);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

import type { Task } from './task.entity';
import type { TaskChange } from './task.types';

/** The columns of a task's row as JSON, without its owner: the journal knows the owner. */
export interface TaskRow {
  title: string;
  description: string | null;
  status: string;
  priority: string;
  due_on: string | null;
  due_at: string | null;
  tags: string[];
  version: number;
  created_at: string;
  updated_at: string;
  completed_at: string | null;
  deleted_at: string | null;
}

/** One row before and after a write, for the journal: enough to see what was done and to take it back. */
export interface TaskImage {
  table: 'tasks';
  id: number;
  before: TaskRow | null;
  after: TaskRow | null;
}

export type TaskChangeKind = 'created' | 'updated' | 'completed' | 'reopened' | 'deleted' | 'restored';

/** The images of a write; none where nothing changed. */
export function toTaskImages({ before, after }: TaskChange): TaskImage[] {
  if (before === after) return [];
  return [
    { table: 'tasks', id: after.id, before: before === null ? null : toRow(before), after: toRow(after) },
  ];
}

/** What a user would say was done, read from the rows alone. A change of state outweighs the rest. */
export function nameChange({ before, after }: TaskImage): TaskChangeKind {
  const isGone = after === null || after.deleted_at !== null;
  if (before === null) return 'created';
  if (isGone) return 'deleted';
  if (before.deleted_at !== null) return 'restored';
  if (before.status === after.status) return 'updated';
  return after.status === 'completed' ? 'completed' : 'reopened';
}

function toRow(task: Task): TaskRow {
  return {
    title: task.title,
    description: task.description,
    status: task.status,
    priority: task.priority,
    due_on: task.dueOn,
    due_at: task.dueAt?.toISOString() ?? null,
    tags: task.tags,
    version: task.version,
    created_at: task.createdAt.toISOString(),
    updated_at: task.updatedAt.toISOString(),
    completed_at: task.completedAt?.toISOString() ?? null,
    deleted_at: task.deletedAt?.toISOString() ?? null,
  };
}

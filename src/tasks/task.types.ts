import type { Due } from './due';
import type { Task } from './task.entity';
import type { Priority, TaskStatus } from './task.rules';

export interface NewTask {
  title: string;
  description?: string | null;
  priority?: Priority;
  due?: Due;
  tags?: string[];
}

/** What is absent stays as it is. */
export interface TaskPatch extends Partial<NewTask> {
  isCompleted?: boolean;
}

export interface TaskFilter {
  status?: TaskStatus | 'all';
  /** A part of the title or the description, in any case. */
  text?: string;
}

/** What a write did. `before` and `after` are the same object where there was nothing to change. */
export interface TaskChange {
  before: Task | null;
  after: Task;
}

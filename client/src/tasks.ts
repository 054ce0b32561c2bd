import type { Call, CallOptions, Http } from './http.js';
import type { Page, PageQuery } from './page.js';

export type TaskStatus = 'pending' | 'completed';
export type Priority = 'none' | 'low' | 'medium' | 'high' | 'urgent';

export interface Task {
  id: number;
  title: string;
  description: string | null;
  status: TaskStatus;
  completed: boolean;
  priority: Priority;
  /** A date, such as `2026-11-25`, or an instant in UTC. */
  due_at: string | null;
  tags: string[];
  created_at: string;
  updated_at: string;
  completed_at: string | null;
  /** Increases with every change. */
  version: number;
}

export interface NewTask {
  /** 1 to 200 characters. */
  title: string;
  description?: string | null;
  priority?: Priority | null;
  /** A date, which is the same in every time zone, or an instant with its offset. */
  due_at?: string | null;
  tags?: string[] | null;
}

/** Absent fields stay unchanged; null clears a field. */
export interface TaskPatch extends Partial<NewTask> {
  completed?: boolean;
}

export interface TasksQuery extends PageQuery {
  status?: TaskStatus | 'all';
  /** A part of the title or the description. */
  q?: string;
}

export interface TaskChangeOptions extends CallOptions {
  /** The `version` that the caller knows. If the task has changed since, the call fails with `version_conflict`. */
  ifVersion?: number;
}

export function taskCalls(http: Http) {
  const change = <T>(
    method: Call['method'],
    id: number,
    { ifVersion, signal }: TaskChangeOptions,
    { act = '', body }: { act?: '' | '/complete' | '/reopen'; body?: TaskPatch } = {},
  ): Promise<T> =>
    http.json({
      method,
      path: `/api/tasks/${encodeURIComponent(id)}${act}`,
      body,
      headers: { 'if-match': ifVersion === undefined ? undefined : `"${ifVersion}"` },
      signal,
    });

  return {
    /** Newest first. */
    list(query: TasksQuery = {}, options: CallOptions = {}): Promise<Page<Task>> {
      return http.json({ method: 'GET', path: '/api/tasks', query, ...options });
    },

    create(task: NewTask, options: CallOptions = {}): Promise<Task> {
      return http.json({ method: 'POST', path: '/api/tasks', body: task, ...options });
    },

    get(id: number, options: CallOptions = {}): Promise<Task> {
      return http.json({ method: 'GET', path: `/api/tasks/${encodeURIComponent(id)}`, ...options });
    },

    update(id: number, patch: TaskPatch, options: TaskChangeOptions = {}): Promise<Task> {
      return change('PATCH', id, options, { body: patch });
    },

    /** Marks a task as done; a repeated call keeps the first time. */
    complete(id: number, options: TaskChangeOptions = {}): Promise<Task> {
      return change('POST', id, options, { act: '/complete' });
    },

    /** Makes a done task pending again. */
    reopen(id: number, options: TaskChangeOptions = {}): Promise<Task> {
      return change('POST', id, options, { act: '/reopen' });
    },

    delete(id: number, options: TaskChangeOptions = {}): Promise<void> {
      return change('DELETE', id, options);
    },
  };
}

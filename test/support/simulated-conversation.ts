import type { DeclaredTool, Entry, ModelRequest } from '../../src/simulator/dialogue';
import { decide } from '../../src/simulator/planner';

export const NOW = new Date('2026-11-21T10:00:00Z');

export const text = { type: 'string' };
export const priority = { type: 'string', enum: ['none', 'low', 'medium', 'high', 'urgent'] };
export const tags = { type: 'array', items: text };
const id = { task_id: { type: 'integer' } };
const details = { title: text, description: text, due: text, priority, tags };

export function tool(
  name: string,
  properties: Record<string, unknown>,
  required: string[] = [],
): DeclaredTool {
  return {
    name,
    description: '',
    parameters: { type: 'object', properties, required, additionalProperties: false },
  };
}

export const TASK_TOOLS = [
  tool('add_task', details, ['title']),
  tool('list_tasks', {
    status: { enum: ['all', 'pending', 'completed'] },
    query: text,
    limit: { type: 'integer' },
  }),
  tool('get_task', id, ['task_id']),
  tool('update_task', { ...id, ...details, completed: { type: 'boolean' } }, ['task_id']),
  tool('complete_task', id, ['task_id']),
  tool('delete_task', id, ['task_id']),
];

interface Task {
  id: number;
  title: string;
  completed: boolean;
  due_at: string | null;
  priority: string;
  tags: string[];
}

/** A task list that answers tool calls like the server does. */
export class TaskList {
  readonly tasks: Task[] = [];

  constructor(...titles: string[]) {
    for (const title of titles) this.run('add_task', { title });
  }

  run(name: string, values: Record<string, unknown>): unknown {
    const task = this.tasks.find((each) => each.id === values['task_id']);
    if (name === 'add_task') {
      const added = { id: this.tasks.length + 1, completed: false, due_at: null, priority: 'none', tags: [] };
      this.tasks.push(Object.assign(added, values as { title: string }));
      return { task: this.tasks.at(-1) };
    }
    if (name === 'list_tasks') {
      const query = typeof values['query'] === 'string' ? values['query'].toLowerCase() : '';
      const found = this.tasks.filter(
        (each) =>
          each.title.toLowerCase().includes(query) &&
          (values['status'] === 'all' || each.completed === (values['status'] === 'completed')),
      );
      return { tasks: found, total: found.length };
    }
    if (!task) return { error: 'not_found', detail: 'There is no such task.' };
    if (name === 'complete_task') task.completed = true;
    if (name === 'update_task') Object.assign(task, values);
    if (name === 'delete_task') this.tasks.splice(this.tasks.indexOf(task), 1);
    return { task };
  }
}

export interface Conversation {
  readonly entries: Entry[];
  readonly calls: [name: string, values: unknown][];
  readonly answer: string;
  readonly steps: number;
}

/** Plays a message to its end: runs the calls on the list and sends their results back as messages. */
export function converse(
  message: string,
  list: TaskList,
  {
    tools = TASK_TOOLS,
    before = [] as Entry[],
    ...options
  }: Partial<ModelRequest> & { before?: Entry[] } = {},
): Conversation {
  const entries: Entry[] = [...before, { kind: 'user', text: message }];
  const calls: [string, unknown][] = [];
  for (let steps = 1; steps <= 8; steps += 1) {
    const move = decide(
      { entries, tools, toolChoice: 'auto', allowsParallelCalls: true, format: { type: 'text' }, ...options },
      NOW,
    );
    if (move.kind === 'text') {
      return {
        entries: [...entries, { kind: 'assistant', text: move.text }],
        calls,
        answer: move.text,
        steps,
      };
    }
    for (const call of move.calls) {
      const values = JSON.parse(call.arguments) as Record<string, unknown>;
      const callId = `call_${calls.length}`;
      calls.push([call.name, values]);
      entries.push({ kind: 'call', id: callId, name: call.name, arguments: call.arguments });
      entries.push({ kind: 'result', callId, text: JSON.stringify(list.run(call.name, values)) });
    }
  }
  throw new Error('the conversation does not end');
}

import type { DeclaredTool, Entry, Exchange, SeenCall } from './dialogue';
import { seenCalls } from './dialogue';
import { declares, fillArguments, ownNames, requires } from './tool-arguments';
import { readToolResult, type TaskFacts, type ToolResult } from './tool-results';

/** A tool that can perform an action; `needs` is a property that it must declare for that. */
interface Means {
  readonly name: string;
  readonly needs?: string;
}

/** The tools that can perform each action, best first; a client may declare only some of them. */
const MEANS = {
  add: [{ name: 'add_task' }, { name: 'create_task' }],
  list: [{ name: 'list_tasks' }],
  get: [{ name: 'get_task' }],
  update: [{ name: 'update_task' }],
  complete: [{ name: 'complete_task' }, { name: 'update_task', needs: 'completed' }],
  reopen: [{ name: 'reopen_task' }, { name: 'update_task', needs: 'completed' }],
  delete: [{ name: 'delete_task' }],
} as const satisfies Record<string, readonly Means[]>;

export type Action = keyof typeof MEANS;

/** A planned call, in the simulator's own property names. */
export interface PlannedCall {
  readonly action: Action;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The values that identify an earlier call as the one planned now. */
const IDENTITY = ['task_id', 'title', 'query', 'status'] as const;

/**
 * Replays the work on one message from its start at every request. A planned call was either made already, and its
 * result is read from the messages in order, or it is still to be made.
 */
export class TaskDesk {
  /** The task mentioned last, for "it". */
  subject: TaskFacts | undefined;
  /** The list shown last, for "the first one". */
  shown: readonly TaskFacts[] | undefined;
  private readonly untaken: SeenCall[];

  constructor(
    exchange: Exchange,
    private readonly tools: readonly DeclaredTool[],
  ) {
    this.untaken = [...exchange.calls];
    for (const result of resultsOf(exchange.earlier)) this.remember(result);
  }

  /** The result of this call, if it was made; each result is used once. */
  take({ action, values }: PlannedCall): ToolResult | undefined {
    const names: string[] = MEANS[action].map(({ name }) => name);
    const index = this.untaken.findIndex(
      (call) =>
        call.result !== undefined &&
        names.includes(call.name) &&
        isSameCall(ownNames(call.arguments), values) &&
        !this.searches(call, values),
    );
    const [call] = index < 0 ? [] : this.untaken.splice(index, 1);
    if (call?.result === undefined) return undefined;
    const result = readToolResult(call.result);
    if (action !== 'list' || result.kind !== 'tasks') this.remember(result);
    return result;
  }

  /** Whether the earlier call searched for words although the planned call does not. */
  private searches(call: SeenCall, planned: PlannedCall['values']): boolean {
    const query = ownNames(call.arguments)['query'];
    const tool = this.tools.find((each) => each.name === call.name);
    const mustSearch = tool !== undefined && requires(tool, 'query');
    return planned['query'] === undefined && query !== undefined && query !== '' && !mustSearch;
  }

  remember(result: ToolResult): void {
    if (result.kind === 'task') this.subject = result.task;
    if (result.kind !== 'tasks') return;
    this.shown = result.tasks;
    if (result.tasks.length === 1) this.subject = result.tasks[0];
  }

  offers(action: Action): boolean {
    return this.toolFor(action) !== undefined;
  }

  /** The call in the form of the client's tool; undefined if no declared tool can make it. */
  write({ action, values }: PlannedCall): { name: string; arguments: string } | undefined {
    const tool = this.toolFor(action);
    return tool && { name: tool.name, arguments: JSON.stringify(fillArguments(tool, values)) };
  }

  private toolFor(action: Action): DeclaredTool | undefined {
    const means: readonly Means[] = MEANS[action];
    for (const { name, needs } of means) {
      const tool = this.tools.find((each) => each.name === name);
      if (tool && (needs === undefined || declares(tool, needs))) return tool;
    }
    return undefined;
  }
}

function resultsOf(entries: readonly Entry[]): ToolResult[] {
  return seenCalls(entries).flatMap(({ result }) => (result === undefined ? [] : [readToolResult(result)]));
}

function isSameCall(
  made: Readonly<Record<string, unknown>>,
  planned: Readonly<Record<string, unknown>>,
): boolean {
  return IDENTITY.every((key) => {
    const [left, right] = [identify(made[key]), identify(planned[key])];
    return left === undefined || right === undefined || left === right;
  });
}

/** Clients declare ids as numbers or as strings. */
function identify(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

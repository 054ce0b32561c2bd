import { describePlan, describeResult } from './answers';
import { type DeclaredTool, type Exchange, latestExchange, type ModelRequest } from './dialogue';
import { readFollowUp } from './follow-up';
import { findGenericTool, genericArguments, isNamed } from './generic-tools';
import type { Intent } from './reader/intent';
import { readIntents } from './reader/reader';
import { minimalInstance } from './schema-instance';
import { type PlannedCall, TaskDesk } from './task-desk';
import { advance } from './task-moves';
import { fillArguments } from './tool-arguments';
import { readToolResult } from './tool-results';

export interface ToolCall {
  readonly name: string;
  /** JSON, except if a fault breaks it on purpose. */
  readonly arguments: string;
}

/** The model's next move: tool calls or text. */
export type Move =
  | { readonly kind: 'calls'; readonly calls: readonly ToolCall[] }
  | { readonly kind: 'text'; readonly text: string };

const OWN_TOOLS = /^(?:add|create|list|get|update|complete|reopen|delete)_tasks?$/;

/** Decides the next move from the request's messages alone. */
export function decide(request: ModelRequest, now: Date): Move {
  const exchange = latestExchange(request.entries, now);
  const tools = request.toolChoice === 'none' ? [] : request.tools;
  const move = nextMove(exchange, tools);
  const forced = forcedCall(request, exchange, move);
  if (forced) return { kind: 'calls', calls: [forced] };
  if (move.kind === 'text') return { kind: 'text', text: formatted(move.text, request) };
  return request.allowsParallelCalls ? move : { kind: 'calls', calls: move.calls.slice(0, 1) };
}

/** The answer in the requested format: plain text, a JSON object, or an instance of the schema. */
export function formatted(text: string, { format }: ModelRequest): string {
  if (format.type === 'text') return text;
  return JSON.stringify(format.type === 'json_object' ? { reply: text } : minimalInstance(format.schema));
}

/** Describes this exchange's tool results, for messages that no rule understands. */
export function describeResults({ calls }: Exchange): string {
  return calls
    .flatMap(({ name, result }) => (result === undefined ? [] : describeResult(name, readToolResult(result))))
    .join('\n');
}

function nextMove(exchange: Exchange, tools: readonly DeclaredTool[]): Move {
  const { text, reference, earlier } = exchange;
  const read = readIntents(text, reference);
  const intents = readFollowUp(text, read, earlier, reference) ?? read;
  const desk = new TaskDesk(exchange, tools);
  const isUnknown = intents.every((intent) => intent.kind === 'unknown');
  const isForeign = isUnknown || !tools.some((tool) => OWN_TOOLS.test(tool.name));
  const generic = findGenericTool(
    tools.filter((tool) => !OWN_TOOLS.test(tool.name) && (isForeign || isNamed(tool, text))),
    text,
  );
  if (generic && !exchange.calls.some((call) => call.name === generic.name)) {
    const filled = genericArguments(generic, text);
    return { kind: 'calls', calls: [{ name: generic.name, arguments: JSON.stringify(filled) }] };
  }
  const isForeignWork = exchange.calls.every(({ name }) => !OWN_TOOLS.test(name));
  if (exchange.calls.length > 0 && (isUnknown || isForeignWork)) {
    return { kind: 'text', text: describeResults(exchange) };
  }
  return carryOut(intents, desk, exchange);
}

/** Makes the calls that are possible now, in the message's order; answers in text when none is left. */
function carryOut(intents: readonly Intent[], desk: TaskDesk, exchange: Exchange): Move {
  const lines: string[] = [];
  const calls: ToolCall[] = [];
  const unmade: PlannedCall[] = [];
  const waiting = new Set<'lookup' | 'read' | 'write'>();
  for (const intent of intents) {
    if (waiting.size > 0 && dependsOnEarlier(intent)) break;
    const progress = advance(intent, desk, exchange.reference);
    if (progress.state === 'finished') {
      lines.push(...progress.lines);
      continue;
    }
    // Reads and writes are kept in order: a read must see the earlier writes, and must not see the later ones.
    if (progress.phase === 'read' && (waiting.has('write') || waiting.has('lookup'))) break;
    if (progress.phase === 'lookup' && waiting.has('write')) break;
    if (progress.phase === 'write' && waiting.has('read')) break;
    for (const planned of progress.calls) {
      const call = desk.write(planned);
      if (!call) unmade.push(planned);
      else {
        calls.push(call);
        waiting.add(progress.phase);
      }
    }
  }
  if (calls.length > 0) return { kind: 'calls', calls };
  if (unmade.length > 0) lines.push(excuse(unmade));
  return { kind: 'text', text: [...new Set(lines)].join('\n') };
}

function dependsOnEarlier(intent: Intent): boolean {
  return 'target' in intent && (intent.target.by === 'previous' || intent.target.by === 'position');
}

function excuse(unmade: readonly PlannedCall[]): string {
  const plan = [...new Set(unmade.map(describePlan))].join(', ');
  return `I would ${plan}, but this request offers no tool for it, so I have not.`;
}

/** The call that `tool_choice` insists on, if the plan does not make it. */
function forcedCall(request: ModelRequest, exchange: Exchange, move: Move): ToolCall | undefined {
  const { toolChoice, tools } = request;
  if (toolChoice === 'auto' || toolChoice === 'none') return undefined;
  if (toolChoice === 'required' && move.kind === 'calls') return undefined;
  const planned = move.kind === 'calls' && move.calls.find((call) => call.name === nameOf(toolChoice));
  if (planned) return planned;
  const tool =
    toolChoice === 'required'
      ? (tools.find((each) => each.name === 'list_tasks') ?? tools[0])
      : tools.find((each) => each.name === toolChoice.name);
  if (!tool) return undefined;
  const filled = OWN_TOOLS.test(tool.name) ? fillArguments(tool, {}) : genericArguments(tool, exchange.text);
  return { name: tool.name, arguments: JSON.stringify(filled) };
}

function nameOf(choice: ModelRequest['toolChoice']): string | undefined {
  return typeof choice === 'object' ? choice.name : undefined;
}

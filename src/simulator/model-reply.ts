import { randomBytes } from 'node:crypto';
import type { ModelRequest } from './dialogue';
import { decideWithFault, type Fault } from './faults';
import type { ToolCall } from './planner';
import { countTokens, cutToTokens } from './tokens';

/** The model named in every reply, whatever the request named. */
export const SIMULATOR_MODEL = 'simulator-1';

/** The model's reply, before it takes the form of either API. */
export interface ModelReply {
  readonly text: string;
  readonly calls: readonly (ToolCall & { readonly id: string })[];
  readonly finishReason: 'stop' | 'tool_calls' | 'length';
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export function replyTo(request: ModelRequest, now: Date, fault: Fault | undefined): ModelReply {
  const move = decideWithFault(request, now, fault);
  const inputTokens = countTokens(JSON.stringify([request.entries, request.tools]));
  const limit = request.maxOutputTokens ?? Infinity;
  if (move.kind === 'calls') {
    const calls = move.calls.map((call) => ({ ...call, id: newId('call_') }));
    const outputTokens = calls.reduce((sum, call) => sum + countTokens(call.name + call.arguments), 0);
    if (outputTokens <= limit)
      return { text: '', calls, finishReason: 'tool_calls', inputTokens, outputTokens };
    // An incomplete call is useless to the client.
    return { text: '', calls: [], finishReason: 'length', inputTokens, outputTokens: limit };
  }
  const text = limit === Infinity ? move.text : cutToTokens(move.text, limit);
  const finishReason = text.length < move.text.length ? 'length' : 'stop';
  return { text, calls: [], finishReason, inputTokens, outputTokens: countTokens(text) };
}

export function newId(prefix: string): string {
  return `${prefix}${randomBytes(16).toString('hex')}`;
}

import type { Reference } from './reader/dates';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** One message or tool call, in a form common to both APIs. */
export type Entry =
  | { readonly kind: 'instruction' | 'user' | 'assistant'; readonly text: string }
  | { readonly kind: 'call'; readonly id: string; readonly name: string; readonly arguments: string }
  | { readonly kind: 'result'; readonly callId: string; readonly text: string };

export interface DeclaredTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export type AnswerFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: JsonSchema };

/** A request to the model, in a form common to both APIs. */
export interface ModelRequest {
  readonly entries: readonly Entry[];
  readonly tools: readonly DeclaredTool[];
  readonly toolChoice: ToolChoice;
  readonly allowsParallelCalls: boolean;
  readonly format: AnswerFormat;
  readonly maxOutputTokens?: number;
}

/** A call of this exchange, with its result once the client has sent it. */
export interface SeenCall {
  readonly name: string;
  /** The parsed arguments; empty if they were not a JSON object. */
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly result?: string;
}

/** The newest user message, the calls made since, and the earlier messages. */
export interface Exchange {
  /** Without the context block that the server adds. */
  readonly text: string;
  readonly reference: Reference;
  readonly calls: readonly SeenCall[];
  readonly earlier: readonly Entry[];
}

const CONTEXT_BLOCK = /\s*<context>(?<context>(?:(?!<context>)[\s\S])*)<\/context>\s*$/;
const LOCAL_TIME = /(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?/;
const OFFSET = /(?:GMT|UTC|\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)\s*([+-])(\d{2}):?(\d{2})/;

/** A conversation's state is in its messages alone: the simulator remembers nothing between requests. */
export function latestExchange(entries: readonly Entry[], now: Date): Exchange {
  const newest = entries.findLastIndex((entry) => entry.kind === 'user');
  const entry = entries[newest];
  const message = entry?.kind === 'user' ? entry.text : '';
  const context = CONTEXT_BLOCK.exec(message)?.groups?.['context'];
  return {
    text: withoutContext(message),
    reference: (context !== undefined && readReference(context)) || { instant: now, timezone: 0 },
    calls: seenCalls(entries.slice(newest + 1)),
    earlier: entries.slice(0, Math.max(newest, 0)),
  };
}

export function withoutContext(message: string): string {
  return message.replace(CONTEXT_BLOCK, '').trim();
}

export function seenCalls(entries: readonly Entry[]): SeenCall[] {
  const results = new Map<string, string>();
  for (const entry of entries) if (entry.kind === 'result') results.set(entry.callId, entry.text);
  return entries.flatMap((entry) =>
    entry.kind === 'call'
      ? [
          {
            name: entry.name,
            arguments: asRecord(parseJson(entry.arguments)) ?? {},
            result: results.get(entry.id),
          },
        ]
      : [],
  );
}

/** The parsed value, or undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Reads "2026-11-21 10:00 (GMT+01:00)" or an ISO instant with offset. */
function readReference(context: string): Reference | undefined {
  const [, day, time] = LOCAL_TIME.exec(context) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const [, sign, hours = '0', minutes = '0'] = OFFSET.exec(context) ?? [];
  const timezone = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const instant = new Date(Date.parse(`${day}T${time}:00Z`) - timezone * 60_000);
  return Number.isNaN(instant.getTime()) ? undefined : { instant, timezone };
}

import { latestExchange, type ModelRequest } from './dialogue';
import { decide, describeResults, formatted, type Move } from './planner';
import { invalidRequest, ProviderError } from './wire';

/**
 * The failures that a client can request, by `[[fault:name]]` in the newest user message or by the request header
 * `x-simulator-fault: name`. `name:N` sets the number where the table has one; `name#token` makes a `_once` fault unique.
 *
 * | fault | what happens |
 * |---|---|
 * | `rate_limit`, `rate_limit:N` | 429 `rate_limit_exceeded`, `Retry-After` N seconds (1) |
 * | `rate_limit_once` | 429 with `Retry-After: 0` for the first request with this exact text, then it works |
 * | `error_once` | 500 for the first request with this exact text, then it works |
 * | `insufficient_quota` | 429 `insufficient_quota` without `Retry-After`: the account is empty |
 * | `unauthorized` | 401 `invalid_api_key` |
 * | `server_error` | 500 |
 * | `bad_request` | 400 `context_length_exceeded`, param `messages` |
 * | `slow`, `slow:N` | N milliseconds (5000) before each delta after the first; before a JSON answer |
 * | `hang` | no answer, not even headers |
 * | `stall` | the first delta (or the first byte of the JSON), then nothing |
 * | `cut` | the connection is destroyed in the middle of the stream or of the JSON |
 * | `error_in_stream` | an error frame as the second frame; 500 if the answer is JSON |
 * | `malformed_arguments` | once a tool call with invalid JSON arguments |
 * | `unknown_tool` | once a call of `frobnicate_task`, an undeclared tool |
 * | `foreign_user` | once an `add_task` with an undeclared `user_id` argument |
 * | `endless_tools` | `list_tasks` with the same arguments again and again while tools are on |
 * | `endless_tools_varied` | `list_tasks` with different arguments each time |
 */
export const FAULT_NAMES = [
  'rate_limit',
  'rate_limit_once',
  'error_once',
  'insufficient_quota',
  'unauthorized',
  'server_error',
  'bad_request',
  'slow',
  'hang',
  'stall',
  'cut',
  'error_in_stream',
  'malformed_arguments',
  'unknown_tool',
  'foreign_user',
  'endless_tools',
  'endless_tools_varied',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

export interface Fault {
  readonly name: FaultName;
  readonly amount?: number;
  /** The full directive text. `_once` faults are counted by it. */
  readonly directive: string;
}

const DIRECTIVE = /\[\[fault:(?<directive>[^\]\n]{1,100})\]\]/gu;
const SPECIFICATION = /^(?<name>[a-z_]+)(?::(?<amount>\d{1,7}))?(?:#(?<token>[\w.-]{1,64}))?$/u;
const REMEMBERED_DIRECTIVES = 1_000;

/**
 * Reads the fault that a request asks for.
 * @throws ProviderError if the fault's name is unknown
 */
export function readFault(message: string, header: string | undefined): Fault | undefined {
  const directive = header ?? [...message.matchAll(DIRECTIVE)][0]?.groups?.['directive'];
  if (directive === undefined) return undefined;
  const { name, amount } = SPECIFICATION.exec(directive.trim())?.groups ?? {};
  const known = FAULT_NAMES.find((each) => each === name);
  if (!known)
    throw invalidRequest(
      `The simulator knows these faults: ${FAULT_NAMES.join(', ')}.`,
      null,
      'unknown_fault',
    );
  return {
    name: known,
    directive: directive.trim(),
    ...(amount !== undefined && { amount: Number(amount) }),
  };
}

export function withoutDirectives(message: string): string {
  return message.replace(DIRECTIVE, ' ').trim();
}

/** Remembers which `_once` faults have happened on this server. */
export class FaultMemory {
  private readonly happened = new Set<string>();

  /** @throws ProviderError if the fault is an error answer that is due now */
  refuse(fault: Fault | undefined): void {
    const error = fault && this.errorOf(fault);
    if (error) throw error;
  }

  private errorOf({ name, amount = 1, directive }: Fault): ProviderError | undefined {
    switch (name) {
      case 'rate_limit':
        return rateLimited(amount);
      case 'rate_limit_once':
        return this.isFirst(directive) ? rateLimited(0) : undefined;
      case 'error_once':
        return this.isFirst(directive) ? serverError() : undefined;
      case 'insufficient_quota':
        return new ProviderError(429, {
          message: 'The account of this key has no credit left.',
          type: 'insufficient_quota',
          param: null,
          code: 'insufficient_quota',
        });
      case 'unauthorized':
        return unauthorized('This API key is not accepted.');
      case 'server_error':
        return serverError();
      case 'bad_request':
        return invalidRequest(
          'The messages are longer than the context window of the model.',
          'messages',
          'context_length_exceeded',
        );
      default:
        return undefined;
    }
  }

  private isFirst(directive: string): boolean {
    if (this.happened.has(directive)) return false;
    if (this.happened.size === REMEMBERED_DIRECTIVES) this.happened.clear();
    this.happened.add(directive);
    return true;
  }
}

export function unauthorized(message: string): ProviderError {
  return new ProviderError(401, {
    message,
    type: 'invalid_request_error',
    param: null,
    code: 'invalid_api_key',
  });
}

export function serverError(): ProviderError {
  return new ProviderError(500, {
    message: 'The server had an error while it worked on this request.',
    type: 'server_error',
    param: null,
    code: null,
  });
}

/** The next move, altered if the fault is one of the model itself. */
export function decideWithFault(request: ModelRequest, now: Date, fault: Fault | undefined): Move {
  const exchange = latestExchange(request.entries, now);
  const isOn = request.toolChoice !== 'none' && request.tools.length > 0;
  const results = exchange.calls.length;
  const call = isOn && fault ? faultyCall(fault, request, results) : undefined;
  if (call) return { kind: 'calls', calls: [call] };
  const isModelFault = fault !== undefined && MODEL_FAULTS.has(fault.name);
  if (isModelFault && results > 0)
    return { kind: 'text', text: formatted(describeResults(exchange), request) };
  return decide(request, now);
}

const MODEL_FAULTS = new Set<FaultName>([
  'malformed_arguments',
  'unknown_tool',
  'foreign_user',
  'endless_tools',
  'endless_tools_varied',
]);

function faultyCall(
  { name }: Fault,
  { tools }: ModelRequest,
  results: number,
): { name: string; arguments: string } | undefined {
  const declared = (wanted: string): string =>
    (tools.find((tool) => tool.name === wanted) ?? tools[0])?.name ?? wanted;
  switch (name) {
    case 'malformed_arguments':
      return results === 0
        ? { name: declared('add_task'), arguments: '{"title": "Buy milk", "due": tomorrow' }
        : undefined;
    case 'unknown_tool':
      return results === 0 ? { name: 'frobnicate_task', arguments: '{"task_id":1}' } : undefined;
    case 'foreign_user':
      return results === 0
        ? {
            name: declared('add_task'),
            arguments: '{"title":"Buy milk","user_id":"00000000-0000-4000-8000-000000000001"}',
          }
        : undefined;
    case 'endless_tools':
      return { name: declared('list_tasks'), arguments: '{"status":"all"}' };
    case 'endless_tools_varied':
      return {
        name: declared('list_tasks'),
        arguments: JSON.stringify({ status: 'all', limit: (results % 100) + 1 }),
      };
    default:
      return undefined;
  }
}

function rateLimited(retryAfterSeconds: number): ProviderError {
  return new ProviderError(
    429,
    {
      message: 'Too many requests for this model.',
      type: 'requests',
      param: null,
      code: 'rate_limit_exceeded',
    },
    { 'retry-after': String(retryAfterSeconds) },
  );
}

import { clock } from '../common/clock';

export interface TimeLimits {
  /** For an answer that nobody has to think about. */
  answerMs: number;
  /** For a model's whole reply. */
  replyMs: number;
}

export interface ProbeRequest {
  url: string;
  headers?: Record<string, string>;
  /** Sent as JSON by POST; without it the request is a GET. */
  body?: object;
}

export interface ProbeAnswer {
  status: number;
  headers: Headers;
  /** undefined: no JSON. */
  body: unknown;
  /** How far the other side's clock is ahead of ours; undefined where it tells no time. */
  clockAheadMs: number | undefined;
}

/**
 * One request and its whole answer. Redirects are not followed: what carries a key goes where it was told to.
 * @throws whatever `fetch` does; `explainConnection` knows it
 */
export async function probe(request: ProbeRequest, timeoutMs: number): Promise<ProbeAnswer> {
  const sentAt = clock.now();
  const response = await open(request, AbortSignal.timeout(timeoutMs));
  const clockAheadMs = clockAhead(response.headers, sentAt, clock.now());
  return { status: response.status, headers: response.headers, body: await readJson(response), clockAheadMs };
}

export function open({ url, headers, body }: ProbeRequest, signal: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    redirect: 'manual',
    signal,
  });
}

export async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `Date` counts whole seconds; the answer was made at some time between the two. */
function clockAhead(headers: Headers, sentAt: Date, receivedAt: Date): number | undefined {
  const told = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(told) ? undefined : told + 500 - (sentAt.getTime() + receivedAt.getTime()) / 2;
}

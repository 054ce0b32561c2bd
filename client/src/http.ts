import { isErrorBody, readJson, toKeyturnError, toUnexpectedAnswer } from './answers.js';
import { ConnectionError, KeyturnError } from './errors.js';
import { retryDelaySeconds, wait } from './retry.js';
import type { CurrentSession } from './session.js';

/** Options that every call accepts. */
export interface CallOptions {
  /** Aborting it cancels the request, and the call rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface Call extends CallOptions {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: object;
  body?: object;
  /** Undefined values are not sent. */
  headers?: Record<string, string | undefined>;
  /** Needs no token, such as signing in. */
  isAnonymous?: boolean;
}

export interface HttpOptions {
  baseUrl: string;
  fetch: typeof fetch;
  maxRetries: number;
  credentials: 'omit' | 'same-origin' | 'include' | undefined;
}

/** Sends requests to the server: addresses, tokens, retries, and errors as one type. */
export class Http {
  constructor(
    private readonly options: HttpOptions,
    private readonly session: CurrentSession,
  ) {}

  /** @returns the answer's JSON, trusted to match the contract */
  async json<T>(call: Call): Promise<T> {
    const response = await this.send(call, 'application/json');
    return (await readJson(response, call.signal)) as T;
  }

  /** @returns the body of a stream that began successfully */
  async stream(call: Call): Promise<ReadableStream<Uint8Array>> {
    const response = await this.send(call, 'text/event-stream');
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    if (isStream && response.body !== null) return response.body;
    await response.body?.cancel();
    throw toUnexpectedAnswer(response);
  }

  private async send(call: Call, accept: string): Promise<Response> {
    for (let retriesLeft = this.options.maxRetries; ; retriesLeft -= 1) {
      const response = await this.attempt(call, accept);
      if (response.ok) return response;
      const error = await readError(response, call.signal);
      const delaySeconds = retryDelaySeconds(error);
      if (delaySeconds === undefined || retriesLeft <= 0) throw error;
      await wait(delaySeconds, call.signal);
    }
  }

  private async attempt(call: Call, accept: string): Promise<Response> {
    const { method, body, signal } = call;
    const token = call.isAnonymous ? undefined : await this.session.token();
    const headers = {
      accept,
      authorization: token ? `Bearer ${token}` : undefined,
      'content-type': body && 'application/json',
      ...call.headers,
    };
    try {
      return await this.options.fetch(this.addressOf(call), {
        method,
        headers: withoutUndefined(headers),
        body: body && JSON.stringify(body),
        signal,
        credentials: this.options.credentials,
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new ConnectionError(error);
    }
  }

  private addressOf({ path, query = {} }: Call): string {
    const search = new URLSearchParams(withoutUndefined(query)).toString();
    return `${this.options.baseUrl}${path}${search && `?${search}`}`;
  }
}

async function readError(response: Response, signal?: AbortSignal): Promise<KeyturnError> {
  let body: unknown;
  try {
    body = await readJson(response, signal);
  } catch {
    signal?.throwIfAborted();
    // An unreadable or partial body: the status is all that is known.
  }
  if (isErrorBody(body)) return toKeyturnError(body, response.status, response.headers);
  return toUnexpectedAnswer(response);
}

function withoutUndefined(values: object): Record<string, string> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([key, value]) => [key, String(value)]));
}

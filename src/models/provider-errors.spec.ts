import { toErrorBody } from '../common/error-body';
import { asOpenAiError, shouldRetry, toOpenAiErrorBody } from '../common/openai-error-body';
import { providerErrorCases, type ProviderErrorCase } from '../../test/support/provider-errors';
import { ErrorAnswer } from './error-answer';
import { isError, toEventError } from './provider-events';
import { retryAdvice, toUpstreamError } from './upstream-errors';

const CASES = providerErrorCases();
const OF_A_REQUEST = [400, 404, 413, 422];

function answerOf({ status, headers, body }: ProviderErrorCase): ErrorAnswer {
  const answer = new ErrorAnswer({ status, headers: headers ?? {} });
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += 7) answer.add(bytes.subarray(at, at + 7));
  return answer;
}

describe('An error answer of a provider', () => {
  it('is known in many shapes', () => expect(CASES.length).toBeGreaterThan(100));

  it.each(CASES.map((row) => [row.name, row] as const))('becomes the right error: %s', (_, row) => {
    const failure = answerOf(row).toError();
    const error = toUpstreamError(failure);
    const { code, status, message, param, retryAfter } = row.expect;

    expect({ code: error.code, status: error.status, param: error.param }).toEqual({ code, status, param });
    if (message === undefined) expect(row.body).not.toContain(error.message);
    else expect(error.message).toBe(message);
    if (retryAfter !== undefined) expect(error.retryAfterSeconds).toBe(retryAfter);
    if (row.expect.isRetried !== undefined)
      expect(retryAdvice(failure) !== undefined).toBe(row.expect.isRetried);

    const seen = JSON.stringify([toErrorBody(error, 'r'), String(error.cause), failure.message]);
    for (const words of row.hidden ?? []) expect(seen).not.toContain(words);
  });

  it.each(CASES.map((row) => [row.name, row] as const))('becomes the right error under /v1: %s', (_, row) => {
    const error = asOpenAiError(toUpstreamError(answerOf(row).toError()));
    const { error: body } = toOpenAiErrorBody(error);
    const { code, status } = row.expect;
    const type = status >= 500 ? 'server_error' : 'invalid_request_error';
    expect({ status: error.status, type: body.type, code: body.code }).toEqual(
      row.expect.v1 ?? { status, type, code },
    );
    if (code === 'insufficient_quota' || code === 'upstream_auth_failed')
      expect(shouldRetry(error)).toBe('false');
  });

  const EVENTS = CASES.flatMap((row) => {
    const event = parse(row.body);
    return event === undefined ? [] : [[row.name, row, event] as const];
  });

  it.each(EVENTS)('is known as an event of a stream, and hides the same words: %s', (_, row, event) => {
    const isBareSentence = Object.keys(event).every((name) => /^(message|__type)$/i.test(name));
    expect(isError(event)).toBe(!isBareSentence);
    const error = toEventError(event);
    const seen = JSON.stringify([toErrorBody(error, 'r'), String(error.cause)]);
    // The status, which an event lacks, is all that tells a redirect or a refusal of the operator’s from others.
    for (const words of row.hidden ?? []) expect(seen).not.toContain(words);
    if (row.expect.code === 'insufficient_quota' && row.status !== 402) {
      expect(error.code).toBe('insufficient_quota');
    }
    if (OF_A_REQUEST.includes(error.status) && OF_A_REQUEST.includes(row.status)) {
      expect([error.code, error.message, error.param]).toEqual([
        row.expect.code,
        row.expect.message,
        row.expect.param,
      ]);
    }
  });
});

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return Array.isArray(parsed)
      ? (parsed[0] as Record<string, unknown>)
      : (parsed as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

import { freePort } from '../free-port';
import { jsonAnswer, STREAM_HEAD, streamAnswer } from './answers';
import { type Dialect, PLANTED } from './dialects';
import type { ReceivedRequest } from './received-request';
import type { Script } from './script';

/** A base URL that refuses connections. */
export async function refusedBaseUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}/v1`;
}

const errorBody = (message: string, type: string, code: string | null) => ({
  error: { message: `${message} (${PLANTED})`, type, param: null, code },
});

export const hangBeforeHeaders: Script = [{ hang: true }];

/** A stream that stops after its first delta. */
export const hangInTheMiddle = (dialect: Dialect): Script => [...begunStream(dialect), { hang: true }];

/** A stream whose connection breaks after its first delta. */
export const cut = (dialect: Dialect): Script => [...begunStream(dialect), { cut: true }];

/** JSON that stalls, or whose connection breaks, in the middle. */
export function halfOfJson(dialect: Dialect, ending: { hang: true } | { cut: true }): Script {
  const [head, body] = jsonAnswer(dialect.whole('Hello.')) as [Script[number], { bytes: Buffer }];
  return [head, { bytes: body.bytes.subarray(0, body.bytes.length / 2) }, ending];
}

/** @param retryAfter seconds; undefined: the provider sends no Retry-After */
export const rateLimited = (retryAfter?: number): Script =>
  jsonAnswer(
    errorBody('Rate limit reached.', 'requests', 'rate_limit_exceeded'),
    429,
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  );

export const emptyAccount: Script = jsonAnswer(
  errorBody('You exceeded your current quota.', 'insufficient_quota', 'insufficient_quota'),
  429,
);

/** Repeats the API key in its answer, as careless gateways do. */
export const echoingKey401 = ({ headers }: ReceivedRequest): Script =>
  jsonAnswer(
    errorBody(`Incorrect API key: ${headers.authorization}.`, 'invalid_request_error', 'invalid_api_key'),
    401,
    { 'www-authenticate': `Bearer error="${headers.authorization}"` },
  );

export const serverErrorWithBody: Script = jsonAnswer(
  errorBody('The engine failed.', 'server_error', null),
  500,
);

/** Breaks off close to the planted text: parsers like to quote that place. */
export const malformedJson: Script = [
  { status: 200, headers: { 'content-type': 'application/json' } },
  { bytes: `{"id":"chatcmpl-1","object":"chat.completion",${PLANTED}` },
  { end: true },
];

export const htmlInsteadOfJson: Script = [
  { status: 200, headers: { 'content-type': 'text/html' } },
  { bytes: `<!doctype html><title>Bad gateway</title><p>${PLANTED}</p>` },
  { end: true },
];

export const errorAsFirstFrame = ({ errorFrame }: Dialect): Script => streamAnswer(errorFrame);

/** The first frame has no content yet. */
export const errorAsSecondFrame = (dialect: Dialect): Script =>
  streamAnswer(dialect.frames(['Hello'])[0]!, dialect.errorFrame);

/** A stream up to its first delta. */
function begunStream(dialect: Dialect): Script {
  const frames = dialect.frames(['Hello', ' world']);
  const firstDelta = frames.findIndex((frame) => frame.includes('"Hello"'));
  return [STREAM_HEAD, ...frames.slice(0, firstDelta + 1).map((bytes) => ({ bytes }))];
}

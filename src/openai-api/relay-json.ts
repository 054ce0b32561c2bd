import type { ServerResponse } from 'node:http';
import { PacedResponse } from '../common/paced-response';
import type { ForwardedCall } from '../models/forwarded-call';
import { UpstreamReplyError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';
import { assertJson } from '../relay/answer-type';
import { readJsonAnswer } from '../relay/read-answer';
import { AnswerRelay } from './answer-relay';
import { plainHeader } from './plain-header';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Hands a JSON answer on, its bytes untouched.
 * @param before done with the answer before its first byte goes out; it is then read as a whole
 * @throws AppError upstream_invalid_response where it is no JSON object, or as the call broke
 */
export async function relayJson(
  call: ForwardedCall,
  head: UpstreamHead,
  response: ServerResponse,
  before?: (answer: JsonObject) => Promise<void>,
): Promise<void> {
  assertJson(head, call);
  const headers = { 'Content-Type': plainHeader(head.headers['content-type'], 'application/json') };
  if (before === undefined) {
    await new AnswerRelay(call, response, head, { headers, check: assertJsonObject }).run();
    return;
  }
  const { bytes, value } = await readJsonAnswer(call);
  await before(value);
  response.writeHead(head.status, { ...headers, 'Content-Length': bytes.length });
  new PacedResponse(response).end(bytes);
}

function assertJsonObject(bytes: Buffer): void {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    value = undefined;
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return;
  throw new UpstreamReplyError('upstream_invalid_response', 'no JSON object');
}

import type { ServerResponse } from 'node:http';
import type { ForwardedCall } from '../models/forwarded-call';
import type { UpstreamHead } from '../models/upstream-exchange';
import { assertJson } from '../relay/answer-type';
import { AnswerRelay, type JsonObject } from './answer-relay';
import { plainHeader } from './plain-header';

export type { JsonObject } from './answer-relay';

/**
 * Hands a JSON answer on, its bytes untouched.
 * @param before done before the client can read the answer; of a long answer it is given the outline
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
  await new AnswerRelay(call, response, head, { headers, isJson: true, before }).run();
}

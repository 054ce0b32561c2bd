/** Checks that a reply is the provider's: each check gets both as text and returns the difference, or undefined. */
import { isDeepStrictEqual } from 'node:util';

const RESPONSE_ID = /resp_\d{16}/g;
const withoutIds = (text) => text.replace(RESPONSE_ID, 'resp');

/** Equal except for the ids that the provider generates for every response. */
export function sameBytes(body, reference) {
  if (body.equals(reference)) return true;
  if (body.length !== reference.length || !reference.includes('resp_')) return false;
  return withoutIds(body.toString('latin1')) === withoutIds(reference.toString('latin1'));
}

export const isRelayed = (reply, original) =>
  withoutIds(reply) === withoutIds(original) ? undefined : 'not the provider’s bytes';

export function isSameJson(reply, original) {
  const [ours, theirs] = [reply, original].map((text) => JSON.parse(withoutIds(text)));
  return isDeepStrictEqual(ours, theirs) ? undefined : 'not the provider’s JSON';
}

/** The official package adds the field `output_text` to a response. */
export function isSameResponse(reply, original) {
  const { output_text: _, ...rest } = JSON.parse(reply);
  return isSameJson(JSON.stringify(rest), original);
}

/** The provider's completion with its text repeated in `content`, as `/api/chat` returns it. */
export function isCompletionWithContent(reply, original) {
  const completion = JSON.parse(original);
  const expected = { ...completion, content: completion.choices[0].message.content };
  return isDeepStrictEqual(JSON.parse(reply), expected) ? undefined : 'not the completion and its content';
}

const payloads = (stream) =>
  Array.from(stream.matchAll(/^data: (.*)$/gm), ([, data]) => data).filter((data) => data !== '[DONE]');

/** Compares the events, regardless of their formatting. */
export function hasSameEvents(reply, original) {
  const [ours, theirs] = [reply, original].map((text) =>
    payloads(withoutIds(text)).map((data) => JSON.parse(data)),
  );
  return isDeepStrictEqual(ours, theirs) ? undefined : 'not the provider’s events';
}

/** The same events, but for the usage that no client asked for: the server did, so each event says it has none. */
export function hasSameEventsWithoutUsage(reply, original) {
  return hasSameEvents(reply.replaceAll(',"usage":null', ''), original);
}

/** `{"delta"}` blocks with the provider's text, then `[DONE]`, as `/api/chat/stream` sends them. */
export function hasSameText(reply, original) {
  if (!reply.endsWith('data: [DONE]\n\n')) return 'no [DONE]';
  const ours = payloads(reply).map((data) => JSON.parse(data).delta ?? '');
  const theirs = payloads(original).map((data) => JSON.parse(data).choices[0]?.delta.content ?? '');
  return ours.join('') === theirs.join('') ? undefined : 'not the provider’s text';
}

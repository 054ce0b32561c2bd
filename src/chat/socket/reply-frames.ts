import { AppError } from '../../common/app-error';
import { findBracketed } from './bracketed';
import type { ResponseType } from './prompt-request';

/** The last frame of a streamed reply that is whole; no other frame is this text. */
export const END = '<END>';

const DIGITS = /^[0-9]+$/;
const WORDS = /^\w[\w\s]*$/;

/**
 * The one frame of a reply that is not streamed.
 * @throws AppError no_match
 */
export function toFrame(responseType: Exclude<ResponseType, 'stream'>, reply: string): string {
  if (responseType === 'full') return reply;
  const match = findBracketed(reply, responseType === 'int' ? DIGITS : WORDS);
  if (match !== undefined) return match;
  throw new AppError('no_match', `The model’s reply has no ${responseType} in double brackets.`, {
    status: 502,
  });
}

/** The frames of a streamed reply: its deltas with straight quotes, then the end. */
export async function* toFrames(deltas: AsyncIterable<string>): AsyncGenerator<string> {
  let half = '';
  for await (const delta of deltas) {
    const text = half + delta;
    // A frame is UTF-8, which has no half of a surrogate pair: it waits for the other.
    half = endsInHalfPair(text) ? text.slice(-1) : '';
    const whole = straighten(half === '' ? text : text.slice(0, -1));
    if (whole === END) yield* [END.slice(0, 1), END.slice(1)];
    else if (whole !== '') yield whole;
  }
  if (half !== '') yield half;
  yield END;
}

const endsInHalfPair = (text: string): boolean => /[\uD800-\uDBFF]$/.test(text.slice(-1));

const straighten = (text: string): string =>
  text.replaceAll(/[\u201C\u201D]/g, '"').replaceAll(/[\u2018\u2019\u0384]/g, "'");

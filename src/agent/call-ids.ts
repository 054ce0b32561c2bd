import { createHash } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = BigInt(ALPHABET.length);
const LENGTH = 9;
const CALL_ID = /^[A-Za-z0-9]{9}$/;

/**
 * The id of a call: nine letters and digits. Mistral, and vLLM with its tokenizer, take nothing else
 * (pydantic/pydantic-ai#3733); all others take it too. A step that runs again gives its calls the same ids.
 * @param ordinal the call's place in its step, from 1
 */
export const makeCallId = (turnId: string, step: number, ordinal: number): string =>
  shortHash(`${turnId}/${step}/${ordinal}`);

/** A stored id as providers take it. Ids of older messages are longer. */
export const toCallId = (stored: string): string => (CALL_ID.test(stored) ? stored : shortHash(stored));

/** 53 bits: two calls of a conversation do not meet. */
function shortHash(text: string): string {
  let rest = createHash('sha256').update(text).digest().readBigUInt64BE();
  let id = '';
  while (id.length < LENGTH) {
    id += ALPHABET[Number(rest % BASE)];
    rest /= BASE;
  }
  return id;
}

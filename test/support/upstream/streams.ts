import { STREAM_HEAD, streamAnswer } from './answers';
import type { Dialect } from './dialects';
import type { Script } from './script';

/** Characters of one, two, three and four bytes, and one made of several code points. */
export const MULTIBYTE_DELTAS = ['a', 'é', 'ж', '中', '“', '😀', '👩‍👩‍👧', '\u0301', ' end'];

export const MIB = 1024 ** 2;

/** The bytes of a stream, and a script that sends them. A relay's answer is compared with the bytes. */
export interface StreamCase {
  readonly bytes: Buffer;
  readonly script: Script;
}

const asOne = (text: string): StreamCase => {
  const bytes = Buffer.from(text);
  return { bytes, script: streamAnswer(bytes) };
};

export function bareLfStream(dialect: Dialect): StreamCase {
  return asOne(dialect.frames(['Hello', ' world']).join(''));
}

export function crlfStream(dialect: Dialect): StreamCase {
  return asOne(dialect.frames(['Hello', ' world']).join('').replaceAll('\n', '\r\n'));
}

export function multibyteOneByteAtATime(dialect: Dialect): StreamCase {
  const bytes = Buffer.from(dialect.frames(MULTIBYTE_DELTAS).join(''));
  return { bytes, script: [STREAM_HEAD, { oneByteAtATime: bytes }, { end: true }] };
}

/** The provider omits the blank line after its last event. */
export function lastEventWithoutBlankLine(dialect: Dialect): StreamCase {
  return asOne(dialect.frames(['Hello', ' world']).join('').trimEnd());
}

/** One delta of more than 1 MiB among ordinary ones. */
export function oversizedEvent(dialect: Dialect): StreamCase {
  return asOne(dialect.frames(['Hello', 'x'.repeat(MIB + 1), ' world']).join(''));
}

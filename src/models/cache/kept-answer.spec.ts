import fc from 'fast-check';
import { packAnswer, unpackAnswer } from './kept-answer';

const ANSWER = {
  contentType: 'text/event-stream; charset=utf-8',
  model: 'gpt-4o-mini',
  body: Buffer.from('data: {"a":"ж\\n"}\r\n\r\n\ndata: [DONE]\n\n'),
};

describe('A packed answer', () => {
  it('is unpacked as it was', () => {
    const bytes = fc.uint8Array().map((body) => ({ ...ANSWER, body: Buffer.from(body) }));
    fc.assert(
      fc.property(fc.string(), fc.constant(ANSWER), bytes, (key, ...answers) => {
        for (const answer of answers) expect(unpackAnswer(key, packAnswer(key, answer))).toEqual(answer);
      }),
    );
  });

  const packed = packAnswer('key', ANSWER);

  it('is none for another key', () => {
    expect(unpackAnswer('other', packed)).toBeUndefined();
    expect(unpackAnswer('key\n', packed)).toBeUndefined();
  });

  it('is none when any byte of it is another', () => {
    for (let at = 0; at < packed.length; at++) {
      const changed = Buffer.from(packed);
      changed[at]! ^= 1;
      expect(unpackAnswer('key', changed)).toBeUndefined();
    }
  });

  it('is none when it is cut, or goes on', () => {
    for (let end = 0; end < packed.length; end++) {
      expect(unpackAnswer('key', packed.subarray(0, end))).toBeUndefined();
    }
    expect(unpackAnswer('key', Buffer.concat([packed, Buffer.of(0)]))).toBeUndefined();
  });
});

import fc from 'fast-check';
import { dataOf, FrameTooLongError, SseFrames, splitFrames } from './event-stream';

/** Cuts bytes into chunks of the given lengths, again and again. */
function chunksOf(bytes: Buffer, lengths: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length]!;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

const event = fc
  .tuple(
    fc.array(
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    fc.constantFrom('\n', '\r\n'),
  )
  .map(([lines, newline]) => [...lines.map((line) => `data: ${line}`), '', ''].join(newline));

describe('SseFrames', () => {
  it('gives whole events back, byte for byte, however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(event),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (events, lengths) => {
          const bytes = Buffer.from(events.join(''));
          const frames = new SseFrames();
          const given = chunksOf(bytes, lengths).flatMap((chunk) => frames.push(chunk) ?? []);
          expect(Buffer.concat(given)).toEqual(bytes);
          expect(frames.rest()).toHaveLength(0);
          expect(given.flatMap(splitFrames).map(String)).toEqual(events);
        },
      ),
    );
  });

  it('keeps an event until its blank line, and the last one that has none', () => {
    const frames = new SseFrames();
    expect(frames.push(Buffer.from('data: 1\n'))).toBeUndefined();
    expect(String(frames.push(Buffer.from('\ndata: 2')))).toBe('data: 1\n\n');
    expect(String(frames.rest())).toBe('data: 2');
  });

  it('takes an event of 1 MiB, and none that is longer', () => {
    const frames = new SseFrames();
    frames.push(Buffer.alloc(1024 * 1024, 'x'));
    expect(() => frames.push(Buffer.from('x'))).toThrow(FrameTooLongError);
  });

  it('takes an event byte by byte in reasonable time', () => {
    const frames = new SseFrames();
    const event = Buffer.from(`data: ${'x'.repeat(200_000)}\n\n`);
    const given = chunksOf(event, [1]).flatMap((chunk) => frames.push(chunk) ?? []);
    expect(Buffer.concat(given)).toEqual(event);
  });
});

describe('dataOf', () => {
  it.each([
    ['data: a\n\n', 'a'],
    ['data:a\r\n\r\n', 'a'],
    ['event: x\ndata: a\ndata: b\n\n', 'a\nb'],
    ['data:  two spaces\n\n', ' two spaces'],
    [': ping\n\n', undefined],
    ['data', undefined],
  ])('reads %j as %j', (frame, data) => {
    expect(dataOf(Buffer.from(frame))).toBe(data);
  });
});

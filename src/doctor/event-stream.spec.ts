import fc from 'fast-check';
import { judgeArrival, timedEvents } from './event-stream';

const collect = async (chunks: Uint8Array[]) => {
  const data: string[] = [];
  for await (const event of timedEvents(ReadableStream.from<Uint8Array>(chunks))) data.push(event.data);
  return data;
};

describe('timedEvents', () => {
  it('gives the same events however the bytes are cut', async () => {
    const piece = fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify({ delta: text }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.integer({ min: 1, max: 9 }),
        async (pieces, newline, size) => {
          const bytes = Buffer.from(
            pieces
              .map((data) => `: ping\n\ndata: ${data}\n\n`)
              .join('')
              .replaceAll('\n', newline),
          );
          const chunks = Array.from(
            { length: Math.ceil(bytes.length / size) },
            (_, i) => new Uint8Array(bytes.subarray(i * size, (i + 1) * size)),
          );
          expect(await collect(chunks)).toEqual(pieces);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('judgeArrival', () => {
  it.each([
    ['spread over the answer', 0, [300, 500, 900], 'one by one'],
    ['all at its end', 0, [900, 901, 930], 'at once'],
    ['all at once, soon', 0, [50, 60, 70], 'too quick to tell'],
    ['one alone', 0, [900], 'too quick to tell'],
    ['none', 0, [], 'too quick to tell'],
    ['just far enough apart', 0, [500, 600], 'one by one'],
    ['just too close', 0, [500, 599], 'at once'],
  ])('pieces that came %s', (_, sentAt, arrivedAt, arrival) => {
    expect(judgeArrival(sentAt, arrivedAt)).toBe(arrival);
  });
});

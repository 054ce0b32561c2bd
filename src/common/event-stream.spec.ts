import fc from 'fast-check';
import { dataOf, eventNameOf, EventStreamSplitter, splitEvents } from './event-stream';

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

interface Split {
  /** What was handed on, in order. */
  pieces: Buffer[];
  /** The events of the batches that came whole. */
  events: string[];
  /** The long events, put together. */
  longEvents: string[];
}

function split(chunks: Buffer[], maxEventBytes = 1000): Split {
  const pieces: Buffer[] = [];
  const events: string[] = [];
  const longEvents: string[] = [];
  let long: Buffer[] = [];
  const splitter = new EventStreamSplitter(
    {
      onEvents: (batch) => {
        pieces.push(batch);
        events.push(...splitEvents(batch).map(String));
      },
      onLongEventPart: (part, isLast) => {
        pieces.push(part);
        long.push(part);
        if (!isLast) return;
        longEvents.push(Buffer.concat(long).toString());
        long = [];
      },
    },
    maxEventBytes,
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.finish();
  return { pieces, events, longEvents };
}

const data = (events: string[]) => events.flatMap((event) => dataOf(Buffer.from(event)) ?? []);

const line = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, ''));
const lineBreak = fc.constantFrom('\n', '\r\n', '\r');
const event = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 3 }), lineBreak, fc.integer({ min: 0, max: 3 }))
  .map(
    ([lines, end, more]) => [...lines.map((text) => `data: x${text}`), '', ''].join(end) + end.repeat(more),
  );
const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

describe('EventStreamSplitter', () => {
  it('hands on every byte and the same events, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(event), lengths, fc.integer({ min: 1, max: 60 }), (events, cuts, max) => {
        const bytes = Buffer.from(events.join(''));
        const { pieces, events: whole } = split(chunksOf(bytes, cuts));
        expect(Buffer.concat(pieces)).toEqual(bytes);
        expect(data(whole)).toEqual(data(events));

        const bounded = split(chunksOf(bytes, cuts), max);
        expect(Buffer.concat(bounded.pieces)).toEqual(bytes);
        expect(data([...bounded.events, ...bounded.longEvents]).toSorted()).toEqual(data(events).toSorted());
      }),
    );
  });

  it('keeps an event until its blank line, and hands on a last one without it at the end', () => {
    expect(split(['data: 1\n', '\ndata: 2'].map(Buffer.from)).pieces.map(String)).toEqual([
      'data: 1\n\n',
      'data: 2',
    ]);
  });

  it('hands on a further blank line at once', () => {
    const chunks = ['data:', ' 1\n\n', '\n', 'data: 2\r\n', '\n'].map(Buffer.from);
    const pieces = ['data: 1\n\n', '\n', 'data: 2\r\n\n'];
    expect(split(chunks).pieces.map(String)).toEqual(pieces);
  });

  it.each([
    [3, ['data: 1\n\ndata: 2\n\n', 'data: 3\n\n']],
    [3, ['data: 1\n', '\ndata: 2\n\ndata: 3\n\n']],
    [2, ['data: 1\r\n\r\ndata: 2\r\n\r\n']],
    [3, ['data: 1\n\ndata: 2\n\n\n']],
    [2, ['data: 1\n', '\n\n']],
    [1, ['data: 1\r', '\n\n']],
    [1, ['data: 1\ndata: 2\n\n', 'data: 3']],
  ])('counts %d blank lines in %j', (count, chunks) => {
    const splitter = new EventStreamSplitter({ onEvents: () => {}, onLongEventPart: () => {} }, 1000);
    chunks.forEach((chunk) => splitter.push(Buffer.from(chunk)));
    expect(splitter.blankLines).toBe(count);
  });

  it('hands on an event longer than its bound in parts, and the ones after it whole', () => {
    const long = `data: ${'x'.repeat(2500)}\n\n`;
    const bytes = Buffer.from(`data: 1\n\n${long}data: 2\n\n`);
    const { events, longEvents, pieces } = split(chunksOf(bytes, [600]));
    expect(longEvents).toEqual([long]);
    expect(events).toEqual(['data: 1\n\n', 'data: 2\n\n']);
    expect(pieces.length).toBeGreaterThan(4);
  });

  it('says of a long event that the stream ends in it', () => {
    const long = `data: ${'x'.repeat(2500)}`;
    expect(split(chunksOf(Buffer.from(long), [600])).longEvents).toEqual([long]);
  });

  it('reads an event of 200,000 bytes that come one by one in reasonable time', () => {
    const bytes = Buffer.from(`data: ${'x'.repeat(200_000)}\n\n`);
    expect(split(chunksOf(bytes, [1]), 1_000_000).events).toEqual([String(bytes)]);
  });
});

describe('splitEvents', () => {
  it.each([
    ['data: 1\n\n', ['data: 1\n\n']],
    ['\ndata: 1\n\n', ['\n', 'data: 1\n\n']],
    ['\n\n', ['\n', '\n']],
    ['data: 1\n\n\n', ['data: 1\n\n', '\n']],
    ['data: 1\r\rdata: 2\n\n', ['data: 1\r\r', 'data: 2\n\n']],
    ['data: 1\n\ndata: 2', ['data: 1\n\n', 'data: 2']],
    ['', []],
  ])('splits %j into %j', (events, expected) => {
    expect(splitEvents(Buffer.from(events)).map(String)).toEqual(expected);
  });

  it('takes many events of one read apart in reasonable time', () => {
    const events = Buffer.from('data: 1\r\n\r\n'.repeat(20_000));
    expect(splitEvents(events)).toHaveLength(20_000);
  });
});

describe('dataOf', () => {
  it.each<[string, string | undefined]>([
    ['data: a\n\n', 'a'],
    ['data:a\n\n', 'a'],
    ['data:a\r\n\r\n', 'a'],
    ['data: a\r\r', 'a'],
    ['event: x\ndata: a\ndata: b\n\n', 'a\nb'],
    ['event: x\rdata: a\rdata: b\r\r', 'a\nb'],
    ['data: a\rdata: b\n\n', 'a\nb'],
    ['data:  two spaces\n\n', ' two spaces'],
    ['\uFEFFdata: a\n\n', 'a'],
    ['\ndata: a\n\n', 'a'],
    [': comment\ndata: a\n\n', 'a'],
    ['data: a', 'a'],
    ['data: a\n', 'a'],
    ['data: \uFEFFa\n\n', '\uFEFFa'],
    [': ping\n\n', undefined],
    [':\n\n', undefined],
    [':x\n\n', undefined],
    ['x\n\n', undefined],
    ['\n\n', undefined],
    ['data\n\n', undefined],
    ['data:\n\n', undefined],
    ['data: \n\n', undefined],
    ['event: keepalive\ndata:\n\n', undefined],
    ['DATA: a\n\n', undefined],
    [' data: a\n\n', undefined],
    ['data : a\n\n', undefined],
    ['database: a\n\n', undefined],
  ])('reads %j as %j', (text, expected) => {
    expect(dataOf(Buffer.from(text))).toBe(expected);
  });
});

describe('eventNameOf', () => {
  it.each<[string, string | undefined]>([
    ['event: error\ndata: a\n\n', 'error'],
    ['data: a\nevent:error\r\n\r\n', 'error'],
    ['data: event: error\n\n', undefined],
  ])('reads %j as %j', (text, expected) => {
    expect(eventNameOf(Buffer.from(text))).toBe(expected);
  });
});

import fc from 'fast-check';
import { readData } from './server-sent-events.js';
import { bodyOf, collect } from './testing/bytes.js';
import { readText } from './text-chunks.js';

const read = (...pieces: (string | Uint8Array)[]): Promise<string[]> =>
  collect(readData(readText(bodyOf(...pieces))));

describe('readData', () => {
  it.each<[what: string, stream: string, data: string[]]>([
    ['blocks that end with LF', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['blocks that end with CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['blocks that end with CR', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['several data lines of one block', 'data: a\ndata:\ndata: b\n\n', ['a\n\nb']],
    ['a value without the space after the colon', 'data:a\n\n', ['a']],
    ['one space only taken off a value', 'data:  a \n\n', [' a ']],
    ['a field without a colon', 'data\n\n', ['']],
    ['comments', ': ping\n\ndata: a\n: ping\n\n: ping\n\n', ['a']],
    ['other fields', 'event: delta\nid: 7\nretry: 9\ndata: a\ndataset: b\n\n', ['a']],
    ['blocks without data', 'event: delta\n\n\n\ndata: a\n\n', ['a']],
    ['a last block without its blank line', 'data: a\n\ndata: b\n', ['a', 'b']],
    ['a last line that does not end', 'data: a\n\ndata: b', ['a', 'b']],
    ['a byte order mark', '\uFEFFdata: a\n\n', ['a']],
    ['nothing', '', []],
  ])('reads %s', async (_, stream, data) => {
    expect(await read(stream)).toEqual(data);
  });

  it('reads a CRLF as one line end, whatever the network does to it', async () => {
    expect(await read('data: a\r', '', '\ndata: b\r', '\n\r\n')).toEqual(['a\nb']);
  });

  it('gives a block as soon as it is whole', async () => {
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
    const data = readData(readText(body));
    controller.enqueue(Buffer.from('data: a\n\ndata: '));

    expect(await data.next()).toEqual({ done: false, value: 'a' });
  });

  it('reads the same blocks however the network cuts the bytes', async () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n]/g, ''));
    const block = fc.record({ lines: fc.array(line, { minLength: 1, maxLength: 3 }), noise: line });
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.constantFrom(0, 1, 2),
        fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
        async (blocks, end, missingEnds, sizes) => {
          const whole = blocks
            .map(({ lines, noise }) =>
              [`: ${noise}`, ...lines.map((text) => `data: ${text}`), '', ''].join(end),
            )
            .join('');
          const sent = Buffer.from(
            blocks.length === 0 ? '' : whole.slice(0, whole.length - missingEnds * end.length),
          );
          const pieces: Buffer[] = [];
          for (let at = 0; at < sent.length; at += pieces.at(-1)!.length) {
            pieces.push(sent.subarray(at, at + (sizes.next().value as number)));
          }

          expect(await read(...pieces)).toEqual(blocks.map(({ lines }) => lines.join('\n')));
        },
      ),
      { numRuns: 300 },
    );
  });
});

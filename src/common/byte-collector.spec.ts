import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { ByteCollector } from './byte-collector';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the process keeps, garbage left out. */
function usedBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('ByteCollector', () => {
  it('gives back what came, in order, again and again', () => {
    const piece = fc.uint8Array({ maxLength: 9000 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 8 }), { maxLength: 3 }), (rounds) => {
        const collector = new ByteCollector();
        for (const pieces of rounds) {
          for (const each of pieces) collector.push(each);
          const expected = Buffer.concat(pieces);
          expect(collector.bytes).toBe(expected.length);
          expect(collector.take().equals(expected)).toBe(true);
          expect(collector.bytes).toBe(0);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keeps a million pieces of one byte in two megabytes', () => {
    const collector = new ByteCollector();
    const before = usedBytes();
    for (let at = 0; at < 1_000_000; at++) collector.push(Buffer.of(at % 256));
    expect(usedBytes() - before).toBeLessThan(2 * 1024 * 1024);
    expect(collector.take()).toHaveLength(1_000_000);
  });
});

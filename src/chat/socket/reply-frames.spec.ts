import fc from 'fast-check';
import { END, toFrame, toFrames } from './reply-frames';

async function framesOf(deltas: string[]): Promise<string[]> {
  async function* given(): AsyncGenerator<string> {
    yield* deltas;
  }
  const frames: string[] = [];
  for await (const frame of toFrames(given())) frames.push(frame);
  return frames;
}

describe('toFrame', () => {
  it.each([
    ['int', 'a [[x]] b [[12]] [[3]]', '12'],
    ['int', '[[-5]] [[1.5]] [[ 7 ]] [[٣]] [[8]]', '8'],
    ['string', '[[!]] [[ a]] [[é]] [[a-b]] [[_a 1\n\tb]] [[c]]', '_a 1\n\tb'],
    ['string', '[[12]]', '12'],
    ['full', ' “as it is” ', ' “as it is” '],
    ['full', '', ''],
  ] as const)('%s of %p is %p', (type, text, frame) => {
    expect(toFrame(type, text)).toBe(frame);
  });

  it.each([
    ['int', ''],
    ['int', '[[a]] 12'],
    ['string', '[[a!]] a'],
  ] as const)('%s of %p is no match', (type, text) => {
    expect(() => toFrame(type, text)).toThrow(expect.objectContaining({ code: 'no_match', status: 502 }));
  });
});

describe('toFrames', () => {
  const pieces = fc.constantFrom('<END>', '<', 'END>', '“', '’', '΄', 'a', '\ud83d', '\ude00', '😀', '');

  it('says what the deltas say with straight quotes, and the end once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(pieces, { maxLength: 3 })), async (given) => {
        const deltas = given.map((delta) => delta.join(''));
        const frames = await framesOf(deltas);
        const straight = deltas.join('').replace(/[“”]/g, '"').replace(/[‘’΄]/g, "'");
        expect(frames.pop()).toBe(END);
        expect(frames.join('')).toBe(straight);
        expect(frames).not.toContain(END);
        expect(frames).not.toContain('');
      }),
    );
  });

  it('sends no half of a character whose other half comes', async () => {
    expect(await framesOf(['a\ud83d', '\ude00b'])).toEqual(['a', '😀b', END]);
  });

  it('ends without the end where the deltas break off', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield 'a';
      throw new Error('cut');
    }
    const frames: string[] = [];
    const reading = (async () => {
      for await (const frame of toFrames(broken())) frames.push(frame);
    })();
    await expect(reading).rejects.toThrow('cut');
    expect(frames).toEqual(['a']);
  });
});

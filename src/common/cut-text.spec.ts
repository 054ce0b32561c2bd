import fc from 'fast-check';
import { cutText, shortenText } from './cut-text';

const FAMILY = '👩‍👩‍👧‍👦';
const FLAG = '🇩🇪';
const E_ACUTE = 'e\u0301';

describe('cutText', () => {
  it.each([
    ['leaves a short text alone', 'abc', 3, 'abc'],
    ['cuts a long text', 'abcd', 3, 'abc'],
    ['leaves out an emoji that is cut', 'ab🎉', 3, 'ab'],
    ['keeps an emoji that fits', 'ab🎉c', 4, 'ab🎉'],
    ['leaves out a family that is cut', `a${FAMILY}`, 4, 'a'],
    ['leaves out a flag that is cut', `a${FLAG}b`, 3, 'a'],
    ['keeps the first of two flags', `${FLAG}${FLAG}`, 6, FLAG],
    ['leaves out a letter without its accent', `ab${E_ACUTE}c`, 3, 'ab'],
    ['keeps a letter with its accent', `ab${E_ACUTE}c`, 4, `ab${E_ACUTE}`],
    ['leaves out an emoji without its skin', 'a👍🏽b', 3, 'a'],
    ['keeps nothing where nothing fits', '🎉', 1, ''],
    ['cuts a heap of accents', `a${'\u0301'.repeat(200)}`, 100, `a${'\u0301'.repeat(99)}`],
    ['keeps nothing of one emoji in the room of none', '🎉', 0, ''],
  ])('%s', (_, text, maxLength, expected) => {
    expect(cutText(text, maxLength)).toBe(expected);
  });

  it('gives a beginning of the text that is well formed and ends between characters', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '🎉', FAMILY, FLAG, E_ACUTE, '👍🏽', 'é'),
      maxLength: 300,
    });
    const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(
      fc.property(text, fc.nat(200), (whole, maxLength) => {
        const cut = cutText(whole, maxLength);
        const ends = [
          0,
          ...[...segmenter.segment(whole)].map(({ index, segment }) => index + segment.length),
        ];
        expect(whole.startsWith(cut)).toBe(true);
        expect(cut.length).toBe(Math.max(...ends.filter((end) => end <= maxLength)));
      }),
    );
  });
});

describe('shortenText', () => {
  it('counts the ellipsis in', () => {
    expect(shortenText('abcd', 4)).toBe('abcd');
    expect(shortenText('abcde', 4)).toBe('abc…');
    expect(shortenText('ab🎉🎉', 4)).toBe('ab…');
  });
});

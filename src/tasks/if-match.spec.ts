import { parseIfMatch } from './if-match';

describe('parseIfMatch', () => {
  it.each([
    ['"3"', 3],
    ['W/"3"', 3],
    ['3', 3],
    [' "12" ', 12],
    ['*', undefined],
    [undefined, undefined],
  ])('reads %s', (header, version) => {
    expect(parseIfMatch(header)).toBe(version);
  });

  it.each(['', '"', '"3', 'three', '"3", "4"', '-1', '"-1"', '1.5', 'w/"3"', '"9999999999999999"'])(
    'refuses %s',
    (header) => {
      expect(() => parseIfMatch(header)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
    },
  );
});

import fc from 'fast-check';
import { ParseIdPipe } from './parse-id.pipe';

const pipe = new ParseIdPipe();

describe('ParseIdPipe', () => {
  it('reads every id from 1 to the largest safe integer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (id) => {
        expect(pipe.transform(String(id))).toBe(id);
      }),
    );
  });

  it.each([
    '0',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    '',
    ' ',
    ' 1',
    '1\n',
    'abc',
    'NaN',
    'Infinity',
    '٣',
    '9007199254740992',
    '9999999999999999',
    '00000000000000001',
    '1; DROP TABLE tasks',
  ])('refuses %p', (text) => {
    expect(() => pipe.transform(text)).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        details: [{ path: ['id'], message: 'id must be an integer from 1' }],
      }),
    );
  });
});

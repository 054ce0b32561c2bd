import { bodyTooLarge, describeBytes } from './body-limit';

const MIB = 1024 ** 2;

describe('describeBytes', () => {
  it.each([
    [MIB, '1 MiB'],
    [32 * MIB, '32 MiB'],
    [1.5 * MIB, '1.5 MiB'],
    [512 * 1024, '512 KiB'],
    [2048, '2 KiB'],
    [1000, '1000 bytes'],
    [MIB + 1, '1048577 bytes'],
  ])('writes %d as %s', (bytes, text) => {
    expect(describeBytes(bytes)).toBe(text);
  });
});

describe('bodyTooLarge', () => {
  it('names the limit and its variable', () => {
    expect(bodyTooLarge({ maxBytes: MIB, variable: 'BODY_LIMIT' })).toMatchObject({
      code: 'body_too_large',
      status: 413,
      message: 'The request body is larger than 1 MiB (BODY_LIMIT).',
    });
  });
});

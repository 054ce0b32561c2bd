import 'reflect-metadata';
import fc from 'fast-check';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { decodeCursor, encodeCursor, PageQuery, toPage } from './page';
import { toStorable } from './storable-text';

const encode = (keys: unknown) => Buffer.from(JSON.stringify(keys)).toString('base64url');

describe('cursors', () => {
  it('come back as the keys they were made of, and are safe in a URL', () => {
    const key = fc.oneof(
      fc.maxSafeInteger().map((id) => ({ kind: 'id' as const, value: id })),
      fc.string({ unit: 'binary' }).map((text) => ({ kind: 'string' as const, value: toStorable(text) })),
    );
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), (keys) => {
        const values = keys.map(({ value }) => value);
        const cursor = encodeCursor(values);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(
          decodeCursor(
            cursor,
            keys.map(({ kind }) => kind),
          ),
        ).toEqual(values);
      }),
    );
  });

  it.each([
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('hello').toString('base64url')],
    ['nothing', ''],
    ['an object', encode({ 0: 'a', 1: 1, length: 2 })],
    ['null', encode(null)],
    ['too few keys', encode(['a'])],
    ['too many keys', encode(['a', 1, 2])],
    ['keys in another order', encode([1, 'a'])],
    ['an id as text', encode(['a', '1'])],
    ['an id with a fraction', encode(['a', 1.5])],
    ['an id beyond the safe integers', Buffer.from('["a",9007199254740993]').toString('base64url')],
    ['an infinite id', Buffer.from('["a",1e400]').toString('base64url')],
    ['a NUL, which a database refuses', encode(['a\0', 1])],
    ['half a surrogate pair', encode(['\ud800', 1])],
    ['nested keys', encode([['a'], 1])],
  ])('of another list or made by hand are refused: %s', (_, cursor) => {
    expect(() => decodeCursor(cursor, ['string', 'id'])).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        details: [expect.objectContaining({ path: ['cursor'] })],
      }),
    );
  });
});

describe('toPage', () => {
  const page = (ids: number[], limit: number) =>
    toPage(
      ids,
      limit,
      (id) => ({ id }),
      (id) => [id],
    );

  it.each([
    [[], 2, [], null],
    [[1], 2, [1], null],
    [[1, 2], 2, [1, 2], null],
    [[1, 2, 3], 2, [1, 2], 2],
  ])('of the rows %p and a limit of %i shows %p and goes on after %p', (rows, limit, shown, last) => {
    expect(page(rows, limit)).toEqual({
      items: shown.map((id) => ({ id })),
      next_cursor: last === null ? null : encodeCursor([last]),
    });
  });

  it('leads through every row once, in order', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 1, max: 9 }), (count, limit) => {
        const all = Array.from({ length: count }, (_, index) => index + 1);
        const seen: number[] = [];
        for (let after = 0, isMore = true; isMore;) {
          const { items, next_cursor } = page(all.slice(after, after + limit + 1), limit);
          seen.push(...items.map(({ id }) => id));
          isMore = next_cursor !== null;
          if (next_cursor !== null) after = decodeCursor(next_cursor, ['id'])[0] as number;
        }
        expect(seen).toEqual(all);
      }),
    );
  });
});

describe('PageQuery', () => {
  it.each([
    [{}, 50],
    [{ limit: '1' }, 1],
    [{ limit: '100', cursor: 'x' }, 100],
  ])('takes %p as a page of %i', (query, limit) => {
    const read = plainToInstance(PageQuery, query);
    expect(validateSync(read)).toEqual([]);
    expect(read.limit).toBe(limit);
  });

  it.each([
    [{ limit: '0' }],
    [{ limit: '101' }],
    [{ limit: '1.5' }],
    [{ limit: 'ten' }],
    [{ limit: '1e400' }],
    [{ limit: '1e1' }],
    [{ limit: '0x10' }],
    [{ limit: ' 10' }],
    [{ limit: '' }],
    [{ limit: ['1', '2'] }],
    [{ cursor: 'x'.repeat(513) }],
    [{ cursor: ['a', 'b'] }],
  ])('refuses %p', (query) => {
    expect(validateSync(plainToInstance(PageQuery, query))).toHaveLength(1);
  });
});

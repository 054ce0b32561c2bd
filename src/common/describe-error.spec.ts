import { DatabaseError } from 'pg';
import { QueryFailedError } from 'typeorm';
import { describeError } from './describe-error';

const PROMPT = 'my-diary-of-monday';

describe('describeError', () => {
  it.each([
    ['in the values', `INSERT INTO messages VALUES ($1)`, [PROMPT], 'value too long'],
    ['in the statement', `INSERT INTO messages VALUES ('${PROMPT}')`, [], 'syntax error'],
    ['in the driver’s message', 'INSERT …', [], `invalid input syntax for type integer: "${PROMPT}"`],
    ['in a message of several lines', 'INSERT …', [], `bad:\n    at ${PROMPT} (file.ts:1:1)\n  ${PROMPT}`],
  ])('tells only the code of a failed query with a prompt %s', (_, query, parameters, message) => {
    const driverError = Object.assign(new Error(message), { code: '22P02', detail: PROMPT });
    const description = describeError(new QueryFailedError(query, parameters, driverError));
    expect(description).toMatchObject({ type: 'QueryFailedError', errorCode: '22P02' });
    expect(description.frames?.[0]).toMatch(/^at .*describe-error\.spec\.ts/);
    expect(JSON.stringify(description)).not.toContain(PROMPT);
  });

  it('tells only the code of what the driver itself throws', () => {
    const error = new DatabaseError(`invalid input syntax for type integer: "${PROMPT}"`, 1, 'error');
    const description = describeError(Object.assign(error, { severity: 'ERROR', code: '22P02' }));
    expect(description).toMatchObject({ errorCode: '22P02' });
    expect(JSON.stringify(description)).not.toContain(PROMPT);
  });

  it('tells name, reason and at most 8 frames of any other error', () => {
    const description = describeError(new TypeError('x'.repeat(1000)));
    expect(description).toMatchObject({ type: 'TypeError', reason: 'x'.repeat(300) });
    expect(description.frames?.length).toBeLessThanOrEqual(8);
    expect(description).not.toHaveProperty('errorCode');
  });

  it.each([['a string that was thrown'], [undefined], [null], [{ secret: 1 }]])(
    'tells only the type of %p, which is no error',
    (thrown) => expect(describeError(thrown)).toEqual({ type: typeof thrown }),
  );
});

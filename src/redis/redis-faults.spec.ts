import { isRefusal, reasonOf } from './redis-faults';

const withCode = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), { code: 'ECONNREFUSED' });

describe('what is told of a fault of Redis', () => {
  it.each([
    [withCode, 'ECONNREFUSED', false],
    [new Error('WRONGPASS invalid username-password pair or user is disabled.'), 'WRONGPASS', true],
    [new Error('OOM command not allowed when used memory > maxmemory.'), 'OOM', true],
    [new Error("ERR unknown command 'AUTH', with args beginning with: 'hunter2'"), 'ERR', true],
    [new RangeError('Socket closed by hunter2'), 'RangeError', false],
    [undefined, 'unknown', false],
  ])('%p is %s', (error, reason, refused) => {
    expect(reasonOf(error)).toBe(reason);
    expect(isRefusal(error)).toBe(refused);
  });
});

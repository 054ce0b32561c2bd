import { AppError, ERROR_STATUS, type ErrorCode } from '../../common/app-error';
import { closeCodeOf, closeReasonOf } from './close-codes';

const LIMITS = ['rate_limited', 'quota_exceeded', 'too_many_streams', 'insufficient_quota'];

describe('closeCodeOf', () => {
  it.each(Object.keys(ERROR_STATUS) as ErrorCode[])('%s', (code) => {
    const status = ERROR_STATUS[code];
    const expected = LIMITS.includes(code) ? 1013 : status < 500 ? 1008 : 1011;
    expect(closeCodeOf(new AppError(code, 'x'))).toBe(expected);
  });

  it('of a provider’s word on the request is the client’s fault', () => {
    expect(closeCodeOf(new AppError('context_length_exceeded', 'x', { status: 400 }))).toBe(1008);
  });
});

describe('closeReasonOf', () => {
  it('says when to come again', () => {
    const error = new AppError('rate_limited', 'x', { retryAfterSeconds: 7 });
    expect(closeReasonOf(error)).toBe('rate_limited, retry after 7 s');
  });

  it.each(['x'.repeat(200), 'é'.repeat(100), 'a b'])(
    'gives no code of a provider’s that may not fit: %s',
    (code) => {
      expect(closeReasonOf(new AppError(code, 'x', { status: 400 }))).toBe('error');
    },
  );
});

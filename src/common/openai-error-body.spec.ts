import { AppError, notFound } from './app-error';
import { asOpenAiError, isOpenAiPath, shouldRetry, toOpenAiErrorBody } from './openai-error-body';

const told = (error: AppError) => toOpenAiErrorBody(asOpenAiError(error)).error;

describe('toOpenAiErrorBody', () => {
  it('has the four fields of OpenAI’s and no other', () => {
    expect(toOpenAiErrorBody(notFound('File'))).toEqual({
      error: { message: 'File not found.', type: 'invalid_request_error', param: null, code: 'not_found' },
    });
  });

  it.each([
    ['unauthorized', 401, 'invalid_request_error'],
    ['method_not_allowed', 405, 'invalid_request_error'],
    ['rate_limited', 429, 'requests'],
    ['too_many_streams', 429, 'requests'],
    ['internal', 500, 'server_error'],
    ['upstream_error', 502, 'server_error'],
    ['database_unavailable', 503, 'server_error'],
  ])('says of %s (%i) that it is %s', (code, status, type) => {
    const error = asOpenAiError(new AppError(code, 'No.'));
    expect(error.status).toBe(status);
    expect(told(error)).toMatchObject({ code, type });
  });

  it('tells an empty account and a model off the list as OpenAI does', () => {
    const quota = new AppError('insufficient_quota', 'Empty.');
    expect(asOpenAiError(quota).status).toBe(429);
    expect(told(quota)).toMatchObject({ type: 'insufficient_quota', code: 'insufficient_quota' });
    const model = new AppError('model_not_allowed', 'No.');
    expect(asOpenAiError(model).status).toBe(404);
    expect(told(model)).toMatchObject({ param: 'model', code: 'model_not_found' });
  });

  it('names the field that is meant: the provider’s word for it, else where the first fault is', () => {
    const details = [
      { path: ['messages', 0, 'content'], message: 'no' },
      { path: ['model'], message: 'no' },
    ];
    expect(told(new AppError('validation_failed', 'No.', { details })).param).toBe('messages[0].content');
    expect(told(new AppError('odd', 'No.', { status: 400, param: 'input', details })).param).toBe('input');
    const whole = [{ path: [], message: 'no' }];
    expect(told(new AppError('validation_failed', 'No.', { details: whole })).param).toBeNull();
  });
});

describe('shouldRetry', () => {
  it('spares the SDKs the tries that cannot help', () => {
    expect(shouldRetry(new AppError('insufficient_quota', 'Empty.'))).toBe('false');
    expect(shouldRetry(new AppError('rate_limited', 'Wait.'))).toBeUndefined();
  });
});

describe('isOpenAiPath', () => {
  it.each([
    ['/v1', true],
    ['/v1/models', true],
    ['/V1/models', true],
    ['/v1?x=1', true],
    ['/v12', false],
    ['/api/v1/models', false],
    ['/', false],
  ])('%s: %s', (url, isOpenAi) => {
    expect(isOpenAiPath(url)).toBe(isOpenAi);
  });
});

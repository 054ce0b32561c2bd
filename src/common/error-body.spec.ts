import { AppError, ERROR_STATUS, type ErrorCode, notFound } from './app-error';
import { toErrorBody } from './error-body';

describe('AppError', () => {
  it.each(Object.entries(ERROR_STATUS))('%s is sent with %i', (code, status) => {
    expect(new AppError(code as ErrorCode, 'No.').status).toBe(status);
  });

  it('takes the status a provider gave with its own code, and 500 where none is known', () => {
    expect(new AppError('model_not_found', 'No.', { status: 404 }).status).toBe(404);
    expect(new AppError('model_not_found', 'No.').status).toBe(500);
    expect(new AppError('toString', 'No.').status).toBe(500);
  });

  it('keeps everything it says when it is given its turn', () => {
    const cause = new Error('origin');
    const options = { status: 422, param: 'model', retryAfterSeconds: 7, allow: ['GET'], cause };
    const error = new AppError('odd', 'Odd.', { ...options, details: [{ path: ['a'], message: 'no' }] });
    const ofTurn = error.ofTurn({ turnId: 't', conversationId: 3 });
    expect(ofTurn).toMatchObject({ ...options, code: 'odd', message: 'Odd.', details: error.details });
    expect(ofTurn.turn).toEqual({ turnId: 't', conversationId: 3 });
  });
});

describe('toErrorBody', () => {
  const body = (error: AppError) => JSON.parse(JSON.stringify(toErrorBody(error, 'r-1')));

  it('says the same in error and message, with code and request id, and nothing else', () => {
    expect(body(notFound('Task'))).toEqual({
      error: 'Task not found.',
      message: 'Task not found.',
      code: 'not_found',
      request_id: 'r-1',
    });
  });

  it('adds what the error has: details, param, turn', () => {
    const details = [{ path: ['messages', 0, 'content'], message: 'too long' }];
    const error = new AppError('validation_failed', 'too long', { details, param: 'messages' });
    expect(body(error.ofTurn({ turnId: 't', conversationId: 3 }))).toEqual({
      error: 'too long',
      message: 'too long',
      code: 'validation_failed',
      param: 'messages',
      details,
      conversation_id: 3,
      turn_id: 't',
      request_id: 'r-1',
    });
  });

  it('never shows the cause', () => {
    const error = new AppError('internal', 'Something went wrong.', { cause: new Error('SELECT secret') });
    expect(JSON.stringify(toErrorBody(error, 'r'))).not.toContain('secret');
  });
});

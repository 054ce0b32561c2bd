import {
  BadRequestException,
  ConflictException,
  ForbiddenException,
  HttpException,
  ImATeapotException,
  NotFoundException,
  PayloadTooLargeException,
  UnauthorizedException,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { AppError } from './app-error';
import { toAppError } from './error.filter';

describe('toAppError', () => {
  it('leaves ours as it is', () => {
    const error = new AppError('email_taken', 'Taken.');
    expect(toAppError(error)).toBe(error);
  });

  it.each([
    [new BadRequestException('bad id'), 400, 'validation_failed', 'bad id'],
    [new UnauthorizedException('jwt expired'), 401, 'unauthorized', 'Sign in required.'],
    [new ForbiddenException('no'), 403, 'forbidden', 'no'],
    [new NotFoundException('Cannot GET /x'), 404, 'not_found', 'There is nothing at this address.'],
    [new PayloadTooLargeException('big'), 413, 'body_too_large', 'big'],
    [new UnsupportedMediaTypeException('odd'), 415, 'unsupported_media_type', 'odd'],
    [new HttpException('slow down', 429), 429, 'rate_limited', 'slow down'],
  ])('gives %p the code of its status', (thrown, status, code, message) => {
    expect(toAppError(thrown)).toMatchObject({ status, code, message, cause: thrown });
  });

  it.each([
    [new Error('password=hunter2')],
    [new ConflictException('hunter2')],
    [new ImATeapotException('hunter2')],
    ['hunter2'],
    [undefined],
    [{ status: 400, message: 'hunter2' }],
  ])('makes of %p an internal fault without detail, its cause kept', (thrown) => {
    const error = toAppError(thrown);
    expect(error).toMatchObject({
      status: 500,
      code: 'internal',
      message: 'Something went wrong on the server.',
    });
    expect(error.cause).toBe(thrown);
  });
});

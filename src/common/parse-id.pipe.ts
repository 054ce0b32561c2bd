import { Injectable, ParseUUIDPipe, type PipeTransform } from '@nestjs/common';
import { AppError } from './app-error';

function refusedId(message: string): AppError {
  return new AppError('validation_failed', message, { details: [{ path: ['id'], message }] });
}

/** An integer id of a path: 1 or more, within what a JSON number holds. */
@Injectable()
export class ParseIdPipe implements PipeTransform<string, number> {
  transform(text: string): number {
    const id = Number(text);
    if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(id) && id >= 1) return id;
    throw refusedId('id must be an integer from 1');
  }
}

/** A UUID of a path, of any version. */
@Injectable()
export class ParseUuidPipe extends ParseUUIDPipe {
  constructor() {
    super({ exceptionFactory: () => refusedId('id must be a UUID') });
  }
}

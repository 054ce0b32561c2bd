import { Injectable, type PipeTransform } from '@nestjs/common';
import { AppError } from './app-error';

/** An integer id of a path: 1 or more, within what a JSON number holds. */
@Injectable()
export class ParseIdPipe implements PipeTransform<string, number> {
  transform(text: string): number {
    const id = Number(text);
    if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(id) && id >= 1) return id;
    throw new AppError('validation_failed', 'id must be an integer from 1', {
      details: [{ path: ['id'], message: 'id must be an integer from 1' }],
    });
  }
}

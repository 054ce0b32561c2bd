import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../common/app-error';

/**
 * What the provider has to know of a form to read it.
 * @throws AppError unsupported_media_type
 */
export function multipartHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const { 'content-type': type = '', 'content-length': length, 'content-encoding': encoding } = headers;
  if (!/^multipart\/form-data\s*;.*\bboundary=/is.test(type)) {
    throw new AppError('unsupported_media_type', 'Send the file as multipart/form-data.');
  }
  if (encoding !== undefined) {
    throw new AppError('unsupported_media_type', 'This content encoding is not supported.');
  }
  return { 'content-type': type, ...(length === undefined ? {} : { 'content-length': length }) };
}

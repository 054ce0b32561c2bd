import type { IncomingMessage } from 'node:http';
import { ModelForm } from './model-form';
import { multipartHeaders } from './upload-headers';
import './openai-body';

/**
 * The form that a request brings, as a whole.
 * @throws AppError unsupported_media_type, body_too_large, server_busy, validation_failed
 */
export async function readForm(request: IncomingMessage): Promise<{ form: ModelForm; bytes: Buffer }> {
  const { 'content-type': type } = multipartHeaders(request.headers);
  const bytes = await request.readBody!();
  return { form: await ModelForm.read(bytes, type!), bytes };
}

import type OpenAI from 'openai';
import { BoundedStore } from './bounded-store';
import { newId } from './model-reply';
import { missing, wrongValue } from './request-shape';
import { invalidRequest, notFound } from './wire';

type FileFacts = Omit<OpenAI.FileObject, 'status'> & { status: 'processed' };

const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const;
const MOST_FILES = 1_000;
const MOST_BYTES = 64 * 1024 * 1024;
const LONGEST_LIST = 10_000;

/** Uploaded files, in memory; the oldest are dropped when space runs out. */
export class FileStore {
  private readonly files = new BoundedStore<{ facts: FileFacts; content: Buffer }>(MOST_FILES, MOST_BYTES);

  /** @throws ProviderError if the body is not a form, or lacks the file or its purpose */
  async upload(body: Buffer, contentType: string | undefined, now: Date): Promise<FileFacts> {
    const form = await readForm(body, contentType);
    const file = form.get('file');
    const purpose = form.get('purpose');
    if (purpose === null) throw missing('purpose');
    const known = PURPOSES.find((each) => each === purpose);
    if (!known) throw wrongValue('purpose', `one of ${PURPOSES.join(', ')}`);
    if (file === null) throw missing('file');
    if (typeof file === 'string') throw wrongValue('file', 'a file with a name');
    const content = Buffer.from(await file.arrayBuffer());
    const facts: FileFacts = {
      id: newId('file-'),
      object: 'file',
      bytes: content.length,
      created_at: Math.floor(now.getTime() / 1000),
      filename: file.name,
      purpose: known === 'evals' ? 'user_data' : known,
      status: 'processed',
    };
    this.files.put(facts.id, { facts, content }, content.length);
    return facts;
  }

  /** A page after the id `after`, newest first unless `order=asc`. */
  list(query: URLSearchParams): {
    object: 'list';
    data: FileFacts[];
    has_more: boolean;
    first_id?: string;
    last_id?: string;
  } {
    const limit = Number(query.get('limit') ?? LONGEST_LIST);
    if (!Number.isInteger(limit) || limit < 1 || limit > LONGEST_LIST)
      throw wrongValue('limit', `1 to ${LONGEST_LIST}`);
    const purpose = query.get('purpose');
    const all = this.files
      .all()
      .map(({ facts }) => facts)
      .filter((facts) => purpose === null || facts.purpose === purpose);
    if (query.get('order') !== 'asc') all.reverse();
    const after = query.get('after');
    const rest = all.slice(after === null ? 0 : all.findIndex((facts) => facts.id === after) + 1);
    const data = rest.slice(0, limit);
    return {
      object: 'list',
      data,
      has_more: rest.length > limit,
      first_id: data[0]?.id,
      last_id: data.at(-1)?.id,
    };
  }

  /** @throws ProviderError 404 */
  find(id: string): { facts: FileFacts; content: Buffer } {
    const file = this.files.get(id);
    if (!file) throw notFound(`There is no file with the id '${id}'.`, 'id');
    return file;
  }

  /** @throws ProviderError 404 */
  delete(id: string): { id: string; object: 'file'; deleted: true } {
    this.find(id);
    this.files.delete(id);
    return { id, object: 'file', deleted: true };
  }
}

/** @throws ProviderError if the body is not a form */
export async function readForm(body: Buffer, contentType = ''): Promise<FormData> {
  if (!contentType.toLowerCase().startsWith('multipart/form-data')) {
    throw invalidRequest('A file is sent as multipart/form-data.');
  }
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw invalidRequest('The multipart form could not be read.');
  }
}

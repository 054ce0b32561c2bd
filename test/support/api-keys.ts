import { randomUUID } from 'node:crypto';
import { api } from './clients';

export interface NewKey {
  id: string;
  key: string;
  prefix: string;
}

/** Makes an API key for a signed-in user. */
export async function makeKey(url: string, token: string, over: object = {}): Promise<NewKey> {
  const answer = await api(url, token).post('/api/keys', { name: `key ${randomUUID()}`, ...over });
  if (answer.status !== 201)
    throw new Error(`making a key answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as NewKey;
}

/** Calls more than ten routes through a client with types generated from the API's document. */
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

const baseUrl = process.argv[2]!;
const email = process.argv[3]!;

/** The data of an answer; a failure ends the program. */
async function dataOf<Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await answer;
  if (data === undefined) throw new Error(`${response.url} ${response.status} ${JSON.stringify(error)}`);
  return data;
}

const anyone = createClient<paths>({ baseUrl });
const health = await dataOf(anyone.GET('/health'));

const session = await dataOf(
  anyone.POST('/api/auth/signup', { body: { email, password: 'a long enough passphrase', timezone: null } }),
);
const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${session.token}` } });
const me = await dataOf(client.GET('/api/auth/me'));

const task = await dataOf(
  client.POST('/api/tasks', { body: { title: 'Buy milk', due_at: '2026-11-25', priority: 'high' } }),
);
const due: string | null = task.due_at;
const cleared = await dataOf(
  client.PATCH('/api/tasks/{id}', {
    params: { path: { id: task.id }, header: { 'If-Match': `"${task.version}"` } },
    body: { due_at: null, description: null },
  }),
);
const done = await dataOf(client.POST('/api/tasks/{id}/complete', { params: { path: { id: task.id } } }));
const { items: tasks } = await dataOf(
  client.GET('/api/tasks', { params: { query: { status: 'completed', limit: 10 } } }),
);
const { error: missing } = await client.GET('/api/tasks/{id}', { params: { path: { id: 999_999 } } });

const answer = await dataOf(
  client.POST('/api/chat', { body: { conversation_id: null, message: 'List my tasks' } }),
);
if (!('turn_id' in answer)) throw new Error('A message begins a turn.');
const turn = await dataOf(client.GET('/api/turns/{id}', { params: { path: { id: answer.turn_id } } }));
const { items: messages } = await dataOf(
  client.GET('/api/conversations/{id}/messages', { params: { path: { id: answer.conversation_id } } }),
);
const completion = await dataOf(
  client.POST('/api/chat', { body: { messages: [{ role: 'user', content: 'Say hello.' }] } }),
);
const stream = await dataOf(
  client.POST('/api/chat/stream', { body: { message: 'Say hello.' }, parseAs: 'text' }),
);

/** The keys of the usage report, once the completion is booked; it belongs to no conversation. */
async function usageKeys(): Promise<(string | number | null)[]> {
  for (let left = 100; ; left--) {
    const usage = await dataOf(client.GET('/api/usage', { params: { query: { group_by: 'conversation' } } }));
    if (typeof usage === 'string') throw new Error('JSON was asked for.');
    const keys: (string | number | null)[] = usage.rows.map(({ key }) => key);
    if (keys.includes(null) || left === 0) return keys;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const keys = await usageKeys();
const { data: models } = await dataOf(client.GET('/v1/models'));
const relayed = await dataOf(
  client.POST('/v1/chat/completions', {
    body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] },
  }),
);
const { response: deleted } = await client.DELETE('/api/tasks/{id}', { params: { path: { id: task.id } } });

console.log(
  JSON.stringify({
    health: health.status,
    email: me.email,
    due,
    cleared: cleared.due_at,
    done: done.status,
    tasks: tasks.map(({ title }) => title),
    missing: missing?.code,
    state: turn.state,
    roles: messages.map(({ role }) => role),
    hasContent: 'content' in completion && typeof completion.content === 'string',
    isStreamWhole: stream.endsWith('data: [DONE]\n\n'),
    hasNullKey: keys.includes(null),
    hasModels: (models ?? []).length > 0,
    relayed: typeof relayed === 'object' && relayed.object,
    deleted: deleted.status,
  }),
);

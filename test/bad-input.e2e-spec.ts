import {
  describeRows,
  expectUnharmed,
  invalid,
  NO_JSON,
  NOT_FOUND,
  NOT_STORABLE,
  prepare,
  type Row,
  type Setting,
  WRONG_TYPE,
} from './support/bad-input';
import { type Ask, patch, post } from './support/requests';

const chat = (body: unknown): Ask => post('/api/chat', body);
const stream = (body: unknown, headers?: Record<string, string>): Ask =>
  post('/api/chat/stream', body, headers);
const add = (body: unknown): Ask => post('/api/tasks', body);
/** A field's value as JSON text, for numbers that JavaScript would write differently. */
const inConversation = (value: string): Ask => chat(`{"message":"hello","conversation_id":${value}}`);

const CHAT: Row[] = [
  ['a number for message', chat({ message: 1 }), ...invalid('message')],
  ['null for message', chat({ message: null }), ...invalid('message')],
  ['a list for message', chat({ message: ['hello'] }), ...invalid('message')],
  ['an object with a length', chat({ message: { length: 5 } }), ...invalid('message')],
  ['an empty message', chat({ message: '' }), ...invalid('message')],
  ['10,000 characters', chat({ message: 'x'.repeat(10_000) }), 200],
  ['10,001 characters', chat({ message: 'x'.repeat(10_001) }), ...invalid('message')],
  ['5,000 emoji, which are 10,000', chat({ message: '😀'.repeat(5000) }), 200],
  ['5,001 emoji', chat({ message: '😀'.repeat(5001) }), ...invalid('message')],
  ['a NUL in the message', chat({ message: 'a\0b' }), ...NOT_STORABLE],
  ['half an emoji', chat('{"message":"\\ud83d"}'), ...NOT_STORABLE],
  ['an emoji the wrong way round', chat('{"message":"\\ude00\\ud83d"}'), ...NOT_STORABLE],
  ['messages beside message', chat({ message: 'x', messages: [] }), ...invalid('messages')],
  ['a user', chat({ message: 'x', user_id: 'someone' }), ...invalid('user_id')],
  ['an unknown model', chat({ message: 'x', model: 'gpt-99' }), 400, 'model_not_allowed'],
  ['__proto__ for a model', chat({ message: 'x', model: '__proto__' }), 400, 'model_not_allowed'],
  ['a number for model', chat({ message: 'x', model: 4 }), ...invalid('model')],
  ['a model of 201', chat({ message: 'x', model: 'm'.repeat(201) }), ...invalid('model')],
  ...[
    '0',
    '-1',
    '-0',
    '1.5',
    '1e400',
    '-1e400',
    '9007199254740992',
    '9223372036854775808',
    '"1"',
    'true',
    '[1]',
    '{}',
  ].map((id): Row => [`conversation_id ${id}`, inConversation(id), ...invalid('conversation_id')]),
  ['conversation_id null', inConversation('null'), 200],
  ['a conversation as 1e0 would say it', ({ conversationId }) => inConversation(`${conversationId}e0`), 200],
  ['the largest conversation_id', inConversation('9007199254740991'), ...NOT_FOUND],
  ['the stream: no message', stream({}), ...invalid('message')],
  ['the stream: cut JSON', stream('{'), ...NO_JSON],
  ['the stream: a NUL', stream({ message: '\0' }), ...NOT_STORABLE],
  [
    'the stream: a conversation that is not there',
    stream({ message: 'x', conversation_id: 9e15 }),
    ...NOT_FOUND,
  ],
  ['the stream: text', stream('x', { 'content-type': 'text/plain' }), ...WRONG_TYPE],
];

const TASKS: Row[] = [
  ['a number for title', add({ title: 1 }), ...invalid('title')],
  ['a title of 200', add({ title: 't'.repeat(200) }), 201],
  ['a title of 201', add({ title: 't'.repeat(201) }), ...invalid('title')],
  ['a title of 100 emoji', add({ title: '😀'.repeat(100) }), 201],
  ['a title of 101 emoji', add({ title: '😀'.repeat(101) }), ...invalid('title')],
  ['a title of 100 letters, each with an accent', add({ title: 'e\u0301'.repeat(100) }), 201],
  ['a title of 101 of them', add({ title: 'e\u0301'.repeat(101) }), ...invalid('title')],
  ['a title of 900,000 blanks', add({ title: ' '.repeat(900_000) }), ...invalid('title')],
  ['a NUL in the title', add({ title: 'a\0' }), ...NOT_STORABLE],
  ['half an emoji in a tag', add('{"title":"x","tags":["\\ud83d"]}'), ...NOT_STORABLE],
  ['a description of 2,000', add({ title: 'x', description: 'd'.repeat(2000) }), 201],
  ['a description of 2,001', add({ title: 'x', description: 'd'.repeat(2001) }), ...invalid('description')],
  ['20 tags', add({ title: 'x', tags: Array(20).fill('t') }), 201],
  ['21 tags', add({ title: 'x', tags: Array(21).fill('t') }), ...invalid('tags')],
  ['tags in tags', add({ title: 'x', tags: [['a']] }), ...invalid('tags')],
  ['1e400 for due_at', add('{"title":"x","due_at":1e400}'), ...invalid('due_at')],
  ['a due_at of 900,000 digits', add({ title: 'x', due_at: '1'.repeat(900_000) }), ...invalid('due_at')],
  ['an object for priority', add({ title: 'x', priority: {} }), ...invalid('priority')],
  ['somebody’s id', add({ title: 'x', user_id: 'u' }), ...invalid('user_id')],
  ['a change to null', ({ task }) => patch(task, { title: null }), ...invalid('title')],
  ['a change of the version', ({ task }) => patch(task, { version: 9 }), ...invalid('version')],
  ['completed in words', ({ task }) => patch(task, { completed: 'yes' }), ...invalid('completed')],
  ['a version that was not', ({ task }) => patch(task, {}, { 'if-match': '"9"' }), 412, 'version_conflict'],
  ['a version that is none', ({ task }) => patch(task, {}, { 'if-match': '"1e3"' }), ...invalid('If-Match')],
];

const CONVERSATIONS: Row[] = [
  ['null for title', ({ conversation }) => patch(conversation, { title: null }), ...invalid('title')],
  ['a blank title', ({ conversation }) => patch(conversation, { title: ' \n' }), ...invalid('title')],
  ['a title of 200', ({ conversation }) => patch(conversation, { title: 't'.repeat(200) }), 200],
  [
    'a title of 201',
    ({ conversation }) => patch(conversation, { title: 't'.repeat(201) }),
    ...invalid('title'),
  ],
  ['a NUL in the title', ({ conversation }) => patch(conversation, { title: '\0a' }), ...NOT_STORABLE],
  ['1 for archived', ({ conversation }) => patch(conversation, { archived: 1 }), ...invalid('archived')],
  [
    'null for archived',
    ({ conversation }) => patch(conversation, { archived: null }),
    ...invalid('archived'),
  ],
  ['an id', ({ conversation }) => patch(conversation, { id: 1 }), ...invalid('id')],
];

describeRows('Bad fields', { 'of chat': CHAT, 'of tasks': TASKS, 'of conversations': CONVERSATIONS });

describe('Odd input', () => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await prepare();
  });
  afterEach(() => expectUnharmed(setting));
  afterAll(() => setting.app.stop());

  it.each([
    ["Robert'); DROP TABLE tasks;--"],
    ['$1 %s \\x00 {"a":1} ${jndi:ldap://x} <b>'],
    ['\u202ertl, \ufeffmark, \uffff, e\u0301, 👩‍👩‍👧, \t\r\n\u0085\u2028'],
  ])('%j is kept byte for byte', async (text) => {
    const { app, user } = setting;
    const fields = { title: text, description: text, tags: [text] };
    const created = await user.post('/api/tasks', fields);
    expect(created).toMatchObject({ status: 201, body: fields });
    const { id } = created.body;
    const rows = await app.database.query('SELECT title, description, tags FROM tasks WHERE id = $1', [id]);
    expect(rows).toEqual([fields]);
    const found = await user.get(`/api/tasks?q=${encodeURIComponent(text)}`);
    expect(found.body.items.map((task: { id: number }) => task.id)).toEqual([id]);

    const { conversation_id } = (await user.post('/api/chat', { message: text })).body;
    const messages = await user.get(`/api/conversations/${conversation_id}/messages`);
    expect(messages.body.items[0]).toMatchObject({ role: 'user', content: text });
  });

  it('takes no stream slot where the stream is refused', async () => {
    const { user } = setting;
    for (let refused = 0; refused < 12; refused++) {
      expect(await user.post('/api/chat/stream', { message: '' })).toMatchObject({ status: 400 });
      const absent = { message: 'x', conversation_id: 9e15 };
      expect(await user.post('/api/chat/stream', absent)).toMatchObject({ status: 404 });
    }
    const { body } = await user.post('/api/chat/stream', { message: 'hello' });
    expect(body).toMatch(/data: \[DONE\]\n\n$/);
  });
});

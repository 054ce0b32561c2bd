import { Client } from 'pg';
import { api, type Api, signUp, until } from './support/clients';
import { type Ask, ask, get, post, remove } from './support/requests';
import {
  chat,
  chatCompletion,
  chatFrames,
  gate,
  jsonAnswer,
  responseBody,
  responses,
  responsesFrames,
  STREAM_HEAD,
  streamAnswer,
} from './support/scripted-upstream';
import { askRaw, StatelessSetting } from './support/stateless';

const MODEL = 'gpt-4o-mini';
const MISSING = 'nobodys-0123456789';

/** The objects that a user owns at the provider. */
const OURS = {
  file: 'file-ours',
  response: 'resp_ours',
  item: 'msg_ours',
  container: 'cntr_ours',
  audio: 'audio_ours',
};
type Ids = typeof OURS;
const NOBODYS: Ids = { file: MISSING, response: MISSING, item: MISSING, container: MISSING, audio: MISSING };

const asResponse = (body: object): Ask => post(responses.path, { model: MODEL, input: 'hi', ...body });
const inInput = (content: object): Ask => asResponse({ input: [{ role: 'user', content: [content] }] });
const withTool = (tool: object): Ask => asResponse({ tools: [tool] });
const asChat = (message: object): Ask => post(chat.path, { model: MODEL, messages: [message] });

/** Every way to name an object, with the parameter that a refusal points to. */
const WAYS: [what: string, asked: (ids: Ids) => Ask, param?: string][] = [
  ['a file', ({ file }) => get(`/v1/files/${file}`)],
  ['a file’s content', ({ file }) => get(`/v1/files/${file}/content`)],
  ['a file’s end', ({ file }) => remove(`/v1/files/${file}`)],
  ['a response', ({ response }) => get(`/v1/responses/${response}`)],
  ['a response’s events', ({ response }) => get(`/v1/responses/${response}?stream=true`)],
  ['a response’s input', ({ response }) => get(`/v1/responses/${response}/input_items`)],
  ['a response’s stop', ({ response }) => post(`/v1/responses/${response}/cancel`)],
  ['a response’s end', ({ response }) => remove(`/v1/responses/${response}`)],
  [
    'an earlier response',
    ({ response }) => asResponse({ previous_response_id: response }),
    'previous_response_id',
  ],
  [
    'an earlier response for a stream',
    ({ response }) => asResponse({ previous_response_id: response, stream: true }),
    'previous_response_id',
  ],
  ['an item', ({ item }) => asResponse({ input: [{ type: 'item_reference', id: item }] }), 'input'],
  ['an item by its id alone', ({ item }) => asResponse({ input: [{ id: item }] }), 'input'],
  ['a file to read', ({ file }) => inInput({ type: 'input_file', file_id: file }), 'file_id'],
  ['an image', ({ file }) => inInput({ type: 'input_image', file_id: file }), 'file_id'],
  [
    'a file by another spelling',
    ({ file }) =>
      post(
        responses.path,
        `{"model":"${MODEL}","input":[{"role":"user","content":[{"file\\u005fid":"${file}"}]}]}`,
      ),
    'file_id',
  ],
  [
    'a file for a container',
    ({ file }) =>
      withTool({ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-ours', file] } }),
    'file_ids',
  ],
  ['a container', ({ container }) => withTool({ type: 'code_interpreter', container }), 'container'],
  [
    'a container of a shell',
    ({ container: container_id }) =>
      withTool({ type: 'shell', environment: { type: 'container_reference', container_id } }),
    'container_id',
  ],
  [
    'a file in a message',
    ({ file }) => asChat({ role: 'user', content: [{ type: 'file', file: { file_id: file } }] }),
    'file_id',
  ],
  ['what was spoken', ({ audio }) => asChat({ role: 'assistant', audio: { id: audio } }), 'messages'],
];

/** Objects that nobody can have made through this server. */
const FOREIGN: [what: string, asked: Ask, param: string][] = [
  ['a conversation', asResponse({ conversation: 'conv_1' }), 'conversation'],
  ['a conversation as an object', asResponse({ conversation: { id: 'conv_1' } }), 'conversation'],
  ['a vector store', withTool({ type: 'file_search', vector_store_ids: ['vs_1'] }), 'vector_store_ids'],
  ['a response as a file', get('/v1/files/resp_ours'), ''],
  ['a file as a response', asResponse({ previous_response_id: 'file-ours' }), 'previous_response_id'],
  ['an item as a response', get('/v1/responses/msg_ours'), ''],
];

describe('What is made upstream', () => {
  let setting: StatelessSetting;
  let owner: Api;
  let ownerToken: string;
  let strangerToken: string;

  const play = () => {
    const { upstream } = setting;
    // The provider would accept any request.
    upstream.play(() => true, jsonAnswer({ ok: true }));
    const stream = streamAnswer(...responses.frames(['Hi']));
    upstream.play(({ path }) => path.endsWith('stream=true'), stream);
    upstream.play(({ headers }) => headers.accept === 'text/event-stream', stream);
  };

  beforeAll(async () => {
    // The setting's own user is the first one and therefore the admin.
    setting = await StatelessSetting.start({ AUTH_ATTEMPTS_PER_MINUTE: '0' });
    ownerToken = (await signUp(setting.url)).token;
    strangerToken = (await signUp(setting.url)).token;
    owner = api(setting.url, ownerToken);
    const { upstream } = setting;
    upstream.play(
      '/v1/files',
      jsonAnswer({ id: OURS.file, object: 'file', filename: 'a', purpose: 'user_data' }),
    );
    const output = [
      { type: 'code_interpreter_call', id: 'ci_ours', container_id: OURS.container },
      { type: 'message', id: OURS.item, role: 'assistant', content: [] },
    ];
    upstream.play(responses.path, jsonAnswer(responseBody({ id: OURS.response, output: output as never })));
    upstream.play(chat.path, jsonAnswer({ choices: [{ message: { audio: { id: OURS.audio } } }] }));
    const form = new FormData();
    form.set('purpose', 'user_data');
    form.set('file', new Blob(['abc']), 'a');
    const headers = { authorization: `Bearer ${ownerToken}` };
    const uploaded = await fetch(`${setting.url}/v1/files`, { method: 'POST', headers, body: form });
    expect(uploaded.status).toBe(200);
    expect((await ask(setting.url, asResponse({}), ownerToken)).status).toBe(200);
    const spoken = post(chat.path, { model: MODEL, modalities: ['audio'], audio: { voice: 'x' } });
    expect((await ask(setting.url, spoken, ownerToken)).status).toBe(200);
  });
  beforeEach(() => {
    setting.upstream.reset();
    play();
  });
  afterAll(() => setting.stop());

  const refused = (param: string | undefined) => ({
    status: 404,
    body: {
      error: {
        message: expect.stringMatching(/^[A-Z][a-z ]+ not found\.$/),
        type: 'invalid_request_error',
        param: param || null,
        code: 'not_found',
      },
    },
  });

  describe.each(WAYS)('%s', (_, asked, param) => {
    it('is another user’s as if it were not there, an admin’s other too, and the provider is not asked', async () => {
      const missing = await ask(setting.url, asked(NOBODYS), ownerToken);
      expect(missing).toMatchObject(refused(param));
      for (const token of [strangerToken, setting.token]) {
        const foreign = await ask(setting.url, asked(OURS), token);
        expect([foreign.status, foreign.body]).toEqual([missing.status, missing.body]);
      }
      expect(setting.upstream.requests).toEqual([]);
    });

    // Last, because some of these requests delete what they name.
    it('is its owner’s to name', async () => {
      const rows = await setting.app.database.query('SELECT * FROM upstream_objects');
      const answer = await askAny(asked(OURS), ownerToken);
      expect(answer.status).toBe(200);
      expect(setting.upstream.requests).toHaveLength(1);
      await restore(rows);
    });
  });

  const askAny = (asked: Ask, token: string) =>
    asked.body === undefined ? ask(setting.url, asked, token) : askRaw(setting.url, asked, token);

  async function restore(rows: Record<string, unknown>[]): Promise<void> {
    for (const { provider, id, kind, user_id, facts } of rows) {
      await setting.app.database.query(
        `INSERT INTO upstream_objects (provider, id, kind, user_id, facts) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING`,
        [provider, id, kind, user_id, facts],
      );
    }
  }

  it.each(FOREIGN)('%s is nobody’s', async (_, asked, param) => {
    expect(await ask(setting.url, asked, ownerToken)).toMatchObject(refused(param));
    expect(setting.upstream.requests).toEqual([]);
  });

  it('is of one provider only', async () => {
    const asked = post(chat.path, {
      model: 'gemini-2.5-flash',
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: OURS.file } }] }],
    });
    expect(await ask(setting.url, asked, ownerToken)).toMatchObject(refused('file_id'));
    expect(setting.upstream.requests).toEqual([]);
  });

  it('is not found in the page of another user', async () => {
    const asked = get(`/v1/files?after=${OURS.file}`);
    expect((await ask(setting.url, asked, ownerToken)).status).toBe(200);
    expect(await ask(setting.url, asked, strangerToken)).toMatchObject(refused('after'));
  });

  it('stays the first user’s when a provider gives an id again', async () => {
    setting.upstream.play(responses.path, jsonAnswer(responseBody({ id: OURS.response })));
    await ask(setting.url, asResponse({}), strangerToken);
    expect((await ask(setting.url, get(`/v1/responses/${OURS.response}`), strangerToken)).status).toBe(404);
  });

  describe('is known', () => {
    const idsOf = async (like: string) =>
      (
        await setting.app.database.query<{ id: string }>(
          'SELECT id FROM upstream_objects WHERE id LIKE $1 ORDER BY id',
          [`%${like}`],
        )
      ).map(({ id }) => id);

    it('not at all where it is not stored, but for the container', async () => {
      const output = [{ type: 'code_interpreter_call', id: 'ci_unstored', container_id: 'cntr_unstored' }];
      setting.upstream.play(
        responses.path,
        jsonAnswer(responseBody({ id: 'resp_unstored', output: output as never })),
      );
      await ask(setting.url, asResponse({ store: false }), ownerToken);
      expect(await idsOf('unstored')).toEqual(['cntr_unstored']);
      expect((await owner.get('/v1/responses/resp_unstored')).status).toBe(404);
    });

    it('no longer than the provider has it', async () => {
      setting.upstream.play(responses.path, jsonAnswer(responseBody({ id: 'resp_ended' })));
      await ask(setting.url, asResponse({}), ownerToken);
      setting.upstream.play('/v1/responses/resp_ended', jsonAnswer({}, 500), jsonAnswer({ deleted: true }));
      expect((await owner.delete('/v1/responses/resp_ended')).status).toBe(502);
      expect(await idsOf('resp_ended')).toEqual(['resp_ended']);
      expect((await owner.delete('/v1/responses/resp_ended')).status).toBe(200);
      expect(await idsOf('resp_ended')).toEqual([]);
    });

    it('also where it only showed later', async () => {
      setting.upstream.play(responses.path, jsonAnswer(responseBody({ id: 'resp_slow', output: [] })));
      await ask(setting.url, asResponse({ background: true }), ownerToken);
      const message = { type: 'message', id: 'msg_later', role: 'assistant' };
      const whole = jsonAnswer(responseBody({ id: 'resp_slow', output: [message] as never }));
      setting.upstream.play('/v1/responses/resp_slow', whole);
      await owner.get('/v1/responses/resp_slow');
      setting.upstream.play(
        '/v1/responses/resp_slow/input_items',
        jsonAnswer({ data: [{ id: 'msg_asked_later' }] }),
      );
      await owner.get('/v1/responses/resp_slow/input_items');
      expect(await idsOf('later')).toEqual(['msg_asked_later', 'msg_later']);
    });

    it('with the query as it came', async () => {
      await owner.get(`/v1/responses/${OURS.response}/input_items?limit=2&order=asc&include[]=a%2Fb`);
      expect(setting.upstream.requests[0]!.path).toBe(
        `/v1/responses/${OURS.response}/input_items?limit=2&order=asc&include[]=a%2Fb`,
      );
    });

    it('as soon as a stream shows it, and its items before the stream says that they are all', async () => {
      const { opened, open } = gate();
      const frames = responsesFrames(['Hello'], { id: 'resp_streamed' }).map((frame) =>
        frame.replaceAll('msg_scripted', 'msg_streamed'),
      );
      const ending = frames.length - 1;
      setting.upstream.play(responses.path, [
        STREAM_HEAD,
        { bytes: frames.slice(0, ending).join('') },
        { wait: opened },
        { bytes: frames[ending]! },
        { end: true },
      ]);
      const response = await fetch(setting.url + responses.path, {
        method: 'POST',
        headers: { authorization: `Bearer ${ownerToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: MODEL, input: 'hi', stream: true }),
      });
      let text = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (text === frames.slice(0, ending).join('')) {
          expect(await idsOf('streamed')).toEqual(['resp_streamed']);
          open();
        }
        if (text.includes('response.completed')) {
          expect(await idsOf('streamed')).toEqual(['msg_streamed', 'resp_streamed']);
        }
      }
      expect(text).toBe(frames.join(''));
    });

    it.each([
      ['JSON', jsonAnswer(responseBody({ id: 'resp_locked' })), {}],
      ['a stream', streamAnswer(...responsesFrames(['Hi'], { id: 'resp_locked' })), { stream: true }],
    ])('before the client sees the first byte of %s', async (_, script, over) => {
      setting.upstream.play(responses.path, script);
      const client = new Client({ connectionString: setting.app.database.url });
      await client.connect();
      try {
        await client.query('BEGIN; LOCK TABLE upstream_objects IN SHARE MODE');
        let isAnswered = false;
        const answered = askRaw(setting.url, asResponse(over), ownerToken).then((answer) => {
          isAnswered = true;
          return answer;
        });
        await until(async () => {
          const waiting = await client.query(
            "SELECT FROM pg_locks WHERE NOT granted AND mode = 'RowExclusiveLock'",
          );
          return (waiting.rowCount ?? 0) > 0;
        });
        const request = await setting.upstream.nextRequest();
        await request.over;
        expect(isAnswered).toBe(false);
        await client.query('COMMIT');
        expect((await answered).bytes.toString()).toContain('resp_locked');
      } finally {
        await client.end();
        await setting.app.database.query("DELETE FROM upstream_objects WHERE id = 'resp_locked'");
      }
    });

    it('also of what a stream speaks', async () => {
      const audio = { id: 'audio_streamed', data: 'x' };
      setting.upstream.play(chat.path, streamAnswer(...chatFrames([{ audio } as never, { audio } as never])));
      const asked = post(chat.path, {
        model: MODEL,
        modalities: ['audio'],
        audio: { voice: 'x' },
        stream: true,
      });
      await askRaw(setting.url, asked, ownerToken);
      expect(await idsOf('audio_streamed')).toEqual(['audio_streamed']);
    });
  });

  it('costs a request that names nothing no look at the database', async () => {
    setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
    const client = new Client({ connectionString: setting.app.database.url });
    await client.connect();
    try {
      await client.query('BEGIN; LOCK TABLE upstream_objects IN ACCESS EXCLUSIVE MODE');
      expect((await ask(setting.url, asChat({ role: 'user', content: 'hi' }), ownerToken)).status).toBe(200);
    } finally {
      await client.end();
    }
  });
});

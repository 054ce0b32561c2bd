import { request as openRequest } from 'node:http';
import fc from 'fast-check';
import { expectUnharmed, prepare, type Setting } from './support/bad-input';
import { ask, type Ask, patch, post } from './support/requests';

const RUNS = { numRuns: 100 };
jest.setTimeout(60_000);

/** Any JSON; and objects with a route's own fields holding any JSON, so that the later checks are reached too. */
const bodyWith = (...names: string[]): fc.Arbitrary<unknown> => {
  const value = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.maxSafeInteger(), fc.double());
  const known = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
  return fc.oneof(fc.jsonValue(), known, fc.dictionary(fc.constantFrom(...names, '__proto__', 'x'), value));
};

describe('Random input', () => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await prepare();
  });
  afterEach(() => expectUnharmed(setting));
  afterAll(() => setting.app.stop());

  const expectSoundAnswer = async (request: Ask): Promise<void> => {
    const { status, headers, body } = await ask(setting.app.url, request, setting.token);
    expect(status).toBeLessThan(500);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    if (status < 400) return;
    expect(body).toMatchObject({ code: expect.any(String), request_id: headers.get('x-request-id') });
    expect(body.message).toBe(body.error);
  };

  it.each<[string, string[], (body: unknown) => Ask]>([
    ['POST /api/chat', ['message', 'conversation_id', 'model'], (body) => post('/api/chat', body)],
    [
      'POST /api/tasks',
      ['title', 'description', 'priority', 'due_at', 'tags'],
      (body) => post('/api/tasks', body),
    ],
    [
      'PATCH /api/tasks/:id',
      ['title', 'status', 'completed', 'due_at', 'tags'],
      (body) => patch(setting.owned.task, body),
    ],
    [
      'PATCH /api/conversations/:id',
      ['title', 'archived'],
      (body) => patch(setting.owned.conversation, body),
    ],
    ['POST /api/auth/signin', ['email', 'password'], (body) => post('/api/auth/signin', body)],
    ['POST /api/auth/signup', ['email', 'password', 'timezone'], (body) => post('/api/auth/signup', body)],
    ['POST /api/auth/refresh', ['refresh_token'], (body) => post('/api/auth/refresh', body)],
  ])('as JSON to %s is answered in JSON, and never with a 500', async (_, names, request) => {
    await fc.assert(
      fc.asyncProperty(bodyWith(...names), (body) => expectSoundAnswer(request(JSON.stringify(body)))),
      RUNS,
    );
  });

  it('as bytes is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) =>
        expectSoundAnswer(post('/api/tasks', Buffer.from(bytes))),
      ),
      RUNS,
    );
  });

  it('in the address is answered in JSON, and never with a 500', async () => {
    const piece = fc.constantFrom(
      '%',
      '%00',
      '%2e',
      '%2F',
      '%E0',
      '.',
      '/',
      ';',
      '&',
      '=',
      '?',
      '[',
      '\\',
      '1',
      '-',
      'e9',
      'limit',
      'cursor',
      'q',
      '~',
      "'",
    );
    const start = fc.constantFrom(
      '/api/',
      '/api/tasks/',
      '/api/tasks?',
      '/api/conversations/',
      '/api/turns/',
      '/api/chat/',
    );
    await fc.assert(
      fc.asyncProperty(start, fc.array(piece, { maxLength: 12 }), async (path, pieces) => {
        const { status, type } = await getAsItIs(path + pieces.join(''));
        expect(status).toBeLessThan(500);
        expect(type).toBe('application/json; charset=utf-8');
      }),
      { numRuns: 300 },
    );
  });

  /** Unlike fetch, normalises no dots and encodes nothing. */
  const getAsItIs = (path: string): Promise<{ status?: number; type?: string }> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(setting.app.url);
      const headers = { authorization: `Bearer ${setting.token}` };
      openRequest({ hostname, port, path, headers }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, type: response.headers['content-type'] });
      })
        .on('error', reject)
        .end();
    });

  it('that can be stored comes back as it was', async () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((title) => !title.includes('\0') && title.isWellFormed() && /\S/.test(title));
    await fc.assert(
      fc.asyncProperty(text, async (title) => {
        const { status, body } = await setting.user.post('/api/tasks', {
          title,
          description: title,
          tags: [title],
        });
        expect([status, body.title, body.description, body.tags]).toEqual([201, title, title, [title]]);
        expect((await setting.user.get(`/api/tasks/${body.id}`)).body).toEqual(body);
      }),
      RUNS,
    );
  });
});

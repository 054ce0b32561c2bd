import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, toFile } from 'openai';
import { type RunningSimulator, startSimulator } from './simulator.server';

let simulator: RunningSimulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: 'any', baseURL: simulator.baseUrl, maxRetries: 0 });
});
afterAll(() => simulator.stop());

describe('embeddings', () => {
  const embed = (more: Partial<OpenAI.EmbeddingCreateParams> = {}) =>
    client.embeddings.create({ model: 'text-embedding-3-small', input: ['milk', 'bread'], ...more });

  it('gives the same unit vectors as floats and as base64', async () => {
    const floats = await embed({ encoding_format: 'float' });
    // Without a format the SDK asks for base64 and decodes it.
    const decoded = await embed();
    expect(decoded.data.map(({ embedding }) => [...embedding])).toEqual(
      floats.data.map(({ embedding }) => embedding),
    );
    for (const { embedding } of floats.data) {
      expect(embedding).toHaveLength(1536);
      expect(embedding.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5);
    }
    expect(floats.data[0]!.embedding).not.toEqual(floats.data[1]!.embedding);
    expect(floats).toMatchObject({ model: 'simulator-1', usage: { prompt_tokens: 3, total_tokens: 3 } });
  });

  it('knows sizes and token input', async () => {
    const sizes = await Promise.all([
      embed({ model: 'text-embedding-3-large', input: 'a' }),
      embed({ dimensions: 256, input: [1, 2, 3] }),
      embed({ input: [[1, 2], [3]] }),
    ]);
    expect(sizes.map(({ data }) => data.map(({ embedding }) => embedding.length))).toEqual([
      [3072],
      [256],
      [1536, 1536],
    ]);
    await expect(embed({ dimensions: 5_000 })).rejects.toBeInstanceOf(BadRequestError);
    await expect(embed({ input: '' })).rejects.toBeInstanceOf(BadRequestError);
  });
});

describe('models and files', () => {
  it('lists models and finds one', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(
      expect.arrayContaining(['simulator-1', 'gpt-4o-mini', 'gpt-6-luna', 'text-embedding-3-large']),
    );
    expect(await client.models.retrieve('gpt-5')).toMatchObject({ id: 'gpt-5', object: 'model' });
    await expect(client.models.retrieve('gpt-1')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  it('takes, lists, returns and deletes files', async () => {
    const content = Buffer.from('{"a":"ü"}\n\r\n--not-a-boundary\0');
    const file = await client.files.create({ file: await toFile(content, 'däta.jsonl'), purpose: 'batch' });
    expect(file).toMatchObject({
      object: 'file',
      filename: 'däta.jsonl',
      bytes: content.length,
      purpose: 'batch',
    });
    const other = await client.files.create({
      file: await toFile(Buffer.from('x'), 'x.txt'),
      purpose: 'user_data',
    });
    const ids: string[] = [];
    for await (const each of client.files.list({ limit: 1 })) ids.push(each.id);
    expect(ids).toEqual([other.id, file.id]);
    expect(await client.files.retrieve(file.id)).toMatchObject({ id: file.id });
    expect(Buffer.from(await (await client.files.content(file.id)).arrayBuffer())).toEqual(content);
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toBeInstanceOf(NotFoundError);
  });

  it('refuses a file without a purpose', async () => {
    const form = new FormData();
    form.set('file', new Blob(['x']), 'x.txt');
    const response = await fetch(`${simulator.baseUrl}/files`, {
      method: 'POST',
      body: form,
      headers: { authorization: 'Bearer x' },
    });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param: 'purpose' } }]);
  });
});

describe('the server', () => {
  it('wants a key', async () => {
    const response = await fetch(`${simulator.baseUrl}/models`);
    expect([response.status, await response.json()]).toMatchObject([
      401,
      { error: { code: 'invalid_api_key' } },
    ]);
    const failing = client.models.list({ headers: { 'x-simulator-fault': 'unauthorized' } });
    await expect(failing).rejects.toBeInstanceOf(AuthenticationError);
  });

  it.each([
    ['GET', '/nowhere'],
    ['DELETE', '/chat/completions'],
    ['GET', '/models/%E0%A4%A'],
  ])('has no %s %s', async (method, path) => {
    const response = await fetch(simulator.baseUrl + path, {
      method,
      headers: { authorization: 'Bearer x' },
    });
    expect(response.status).toBe(404);
  });

  it('refuses bodies that are no JSON object, and too large ones, and goes on', async () => {
    const post = (body: string | Buffer) =>
      fetch(`${simulator.baseUrl}/chat/completions`, {
        method: 'POST',
        body,
        headers: { authorization: 'Bearer x' },
      });
    expect((await post('{"model":')).status).toBe(400);
    expect((await post('[]')).status).toBe(400);
    expect((await post('['.repeat(200_000))).status).toBe(400);
    expect((await post(Buffer.alloc(33 * 1024 * 1024, 'a'))).status).toBe(413);
    expect((await client.models.list()).data.length).toBeGreaterThan(1);
  });

  it('listens on loopback only', () => {
    expect(simulator.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  });
});

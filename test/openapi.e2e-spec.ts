import { toSchema2020 } from '../src/openapi/to-openapi-31';
import { ToolRegistry } from '../src/tools/tool-registry';
import { createTestApp, type TestApp } from './support/app';
import { type Answer, type Api, api, signUp } from './support/clients';

interface Schema {
  $ref?: string;
  type?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  items?: Schema;
  oneOf?: Schema[];
  maxLength?: number;
}

interface Operation {
  operationId: string;
  security?: object[];
  summary?: string;
  tags: string[];
  requestBody?: {
    content: Record<string, { schema: Schema; examples?: Record<string, { value: unknown }> }>;
  };
  responses: Record<string, { $ref?: string; content?: object }>;
}

interface Document {
  openapi: string;
  security: object[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, unknown> };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** An operation that takes a body. */
interface BodyRoute {
  name: string;
  method: 'post' | 'patch';
  path: string;
  schema: Schema;
  examples: [name: string, value: object][];
}

describe('The API’s documentation', () => {
  let app: TestApp;
  let document: Document;
  let operations: [name: string, operation: Operation][];
  let bodyRoutes: BodyRoute[];

  beforeAll(async () => {
    app = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: '0', RATE_LIMIT_PER_MINUTE: '0' });
    document = (await api(app.url).get('/docs-json')).body as Document;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      METHODS.filter((method) => method in methods).map((method): [string, Operation] => [
        `${method} ${path}`,
        methods[method]!,
      ]),
    );
    bodyRoutes = operations.flatMap(([name, { requestBody }]) => {
      const body = requestBody?.content['application/json'];
      if (body === undefined) return [];
      const [method, path] = name.split(' ') as ['post' | 'patch', string];
      // Bodies under /v1 are the provider's, so their examples are not tested.
      if (path.startsWith('/v1/')) return [];
      const examples = Object.entries(body.examples ?? {}).map(
        ([example, { value }]) => [example, value] as [string, object],
      );
      return (body.schema.oneOf ?? [body.schema]).map(resolve).map((schema) => {
        const fields = Object.keys(schema.properties ?? {});
        const own = examples.filter(([, value]) =>
          Object.keys(value).every((field) => fields.includes(field)),
        );
        return { name, method, path, schema, examples: own };
      });
    });
  });
  afterAll(() => app.stop());

  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : document.components.schemas[schema.$ref.split('/').at(-1)!]!;

  /** Sends a body to a route as a new user with a task and a conversation. */
  async function send({ method, path }: BodyRoute, body: object): Promise<Answer> {
    const user = api(app.url, (await signUp(app.url)).token);
    return user[method](path.replace('{id}', String(await idFor(path, user))), body);
  }

  async function idFor(path: string, user: Api): Promise<number | undefined> {
    if (path.includes('/tasks/{id}'))
      return (await user.post('/api/tasks', { title: 'Buy milk' })).body.id as number;
    if (path.includes('/conversations/{id}'))
      return (await user.post('/api/chat', { message: 'hello' })).body.conversation_id as number;
    return undefined;
  }

  it('refers to nothing that is not there, and names each operation once', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
    const dangling = references.filter(
      ([, kind, name]) => !(name! in (document.components as Record<string, object>)[kind!]!),
    );
    const ids = operations.map(([, { operationId }]) => operationId);

    expect(references.length).toBeGreaterThan(20);
    expect(JSON.stringify(document).split('"$ref"')).toHaveLength(references.length + 1);
    expect(dangling).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([
    ['SignUpRequest', 'email', { type: 'string', format: 'email', maxLength: 254 }],
    ['SignUpRequest', 'password', { type: 'string', minLength: 8, maxLength: 128 }],
    ['SignInRequest', 'password', { type: 'string', maxLength: 128 }],
    ['RefreshTokenRequest', 'refresh_token', { type: ['string', 'null'], maxLength: 256 }],
    ['TurnRequest', 'message', { type: 'string', minLength: 1, maxLength: 10_000 }],
    [
      'TurnRequest',
      'conversation_id',
      { type: ['integer', 'null'], minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    ],
    ['CreateTaskRequest', 'title', { type: 'string', minLength: 1, maxLength: 200, examples: ['Buy milk'] }],
    ['CreateTaskRequest', 'description', { type: ['string', 'null'], maxLength: 2000 }],
    ['CreateTaskRequest', 'tags', { maxItems: 20, items: { type: 'string', minLength: 1, maxLength: 50 } }],
    ['UpdateTaskRequest', 'priority', { enum: ['none', 'low', 'medium', 'high', 'urgent', null] }],
    ['UpdateConversationRequest', 'title', { type: 'string', minLength: 1, maxLength: 200 }],
  ])('tells the limits of %s.%s', (schema, property, limits) => {
    expect(document.components.schemas[schema]!.properties).toHaveProperty(
      property,
      expect.objectContaining(limits),
    );
  });

  it('describes every body: its fields, no others, and at least one example', () => {
    expect(bodyRoutes.map(({ name }) => name)).toContain('post /api/chat/stream');
    for (const { name, schema, examples } of bodyRoutes) {
      expect([name, schema]).toEqual([
        name,
        expect.objectContaining({ type: 'object', additionalProperties: false }),
      ]);
      expect([name, Object.keys(schema.properties ?? {})]).not.toEqual([name, []]);
      expect([name, examples]).not.toEqual([name, []]);
    }
  });

  it('shows examples that the server takes', async () => {
    const refused: unknown[] = [];
    for (const route of bodyRoutes) {
      for (const [example, body] of route.examples) {
        const answer = await send(route, body);
        if (answer.status === 400 || answer.status >= 500) refused.push([route.name, example, answer.body]);
      }
    }
    expect(refused).toEqual([]);
  });

  it('tells no limit that is not enforced', async () => {
    const enforced: string[] = [];
    for (const route of bodyRoutes) {
      const [, example] = route.examples[0]!;
      for (const [property, { maxLength }] of Object.entries(route.schema.properties!)) {
        if (maxLength === undefined) continue;
        const answer = await send(route, { ...example, [property]: 'x'.repeat(maxLength + 1) });
        expect([route.name, property, answer.status]).toEqual([route.name, property, 400]);
        expect(answer.body.details).toContainEqual(expect.objectContaining({ path: [property] }));
        enforced.push(`${route.name} ${property}`);
      }
    }
    expect(enforced).toContain('post /api/chat message');
  });

  it('documents a success and the failures of every operation, by their status', async () => {
    const { components } = document;
    for (const [name, { summary, responses }] of operations) {
      const [success, ...others] = Object.entries(responses).filter(([status]) => /^2\d\d/.test(status));
      expect([name, summary]).toEqual([name, expect.stringMatching(/\w{3}/)]);
      expect([name, others]).toEqual([name, []]);
      expect([name, success]).toEqual([
        name,
        success?.[0] === '204'
          ? ['204', expect.not.objectContaining({ content: expect.anything() })]
          : [expect.any(String), expect.objectContaining({ content: expect.any(Object) })],
      ]);
      const error = name.includes(' /v1/') ? 'OpenAiError' : 'Error';
      const failures = Object.entries(responses).filter(([status]) => /^[45]/.test(status));
      for (const [status, { $ref }] of failures.filter(([, failure]) => failure.$ref !== undefined)) {
        const component = components.responses[$ref!.split('/').at(-1)!];
        expect($ref).toContain(`/${error}.${status}`);
        expect(JSON.stringify(component)).toContain(`"#/components/schemas/${error}"`);
      }
      expect([name, 'default' in responses]).toEqual([name, false]);
    }
    const user = api(app.url, (await signUp(app.url)).token);
    const { error } = (await user.get('/v1/models/none')).body;
    const { properties, required } = components.schemas.OpenAiError!.properties!.error!;
    expect(Object.keys(error as object).sort()).toEqual(Object.keys(properties!).sort());
    expect(Object.keys(properties!)).toEqual(required);
    const { body } = await user.post('/api/tasks', {});
    expect(Object.keys(components.schemas.Error!.properties!)).toEqual(
      expect.arrayContaining(Object.keys(body as object)),
    );
    expect(Object.keys(body as object)).toEqual(expect.arrayContaining(components.schemas.Error!.required!));
  });

  it('is of OpenAPI 3.1, and has nothing of 3.0 that changed its meaning', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const text = JSON.stringify(document);
    for (const old of ['"nullable":', '"format":"binary"', '"exclusiveMinimum":true', '"required":[]'])
      expect(text).not.toContain(old);
  });

  it.each<[string, string, string[]]>([
    ['post /api/tasks', '401', ['unauthorized']],
    ['post /api/auth/signup', '409', ['email_taken']],
    ['post /api/auth/signin', '401', ['invalid_credentials']],
    ['patch /api/tasks/{id}', '412', ['version_conflict']],
    ['post /api/chat', '409', ['conversation_busy', 'turn_cancelled']],
    [
      'post /v1/chat/completions',
      '429',
      ['rate_limited', 'quota_exceeded', 'too_many_streams', 'insufficient_quota'],
    ],
  ])('names the codes of %s with status %s', (name, status, codes) => {
    const { $ref } = operations.find(([given]) => given === name)![1].responses[status]!;
    const component = document.components.responses[$ref!.split('/').at(-1)!];
    const [, named] = /"enum":(\[[^\]]*\])/.exec(JSON.stringify((component as { content: object }).content))!;
    expect((JSON.parse(named!) as string[]).toSorted()).toEqual(codes.toSorted());
  });

  it.each<[string, object[] | undefined]>([
    ['post /api/auth/signup', []],
    ['get /health', []],
    ['get /api/tasks', undefined],
    ['post /api/chat-openai', [{ bearer: [] }, { session: [] }, {}]],
    ['get /v1/models', [{ bearer: [] }, { session: [] }, { apiKey: [] }, { xApiKey: [] }]],
  ])('says who may call %s', (name, security) => {
    expect(document.security).toEqual([{ bearer: [] }, { session: [] }]);
    expect(operations.find(([given]) => given === name)![1].security).toEqual(security);
  });

  it('has integers for ids and counts, and a name for each operation that says what it does', () => {
    const { schemas } = document.components;
    for (const [schema, property] of [
      ['TaskView', 'id'],
      ['TurnAnswer', 'conversation_id'],
      ['MessageView', 'id'],
      ['UsageSumsView', 'calls'],
    ] as const)
      expect([schema, property, schemas[schema]!.properties![property]!.type]).toEqual([
        schema,
        property,
        'integer',
      ]);
    for (const [, { operationId }] of operations) expect(operationId).toMatch(/^[a-z][a-zA-Z]+$/);
  });

  it('has the schema of each tool’s arguments, as the model is given it', () => {
    const tools = app.app.get(ToolRegistry).definitions();
    expect(tools.map(({ name }) => name)).toContain('add_task');
    for (const { name, description, parameters } of tools)
      expect(document.components.schemas[`tool.${name}`]).toEqual(
        toSchema2020({ description, ...parameters }),
      );
  });

  it('is a page that its own content security policy lets run', async () => {
    const page = await api(app.url).get('/docs');
    const html = page.body as string;
    const scripts = [...html.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)];

    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, attributes, text] of scripts) {
      expect(text!.trim()).toBe('');
      const source = /src="\.?\/?([^":]+)"/.exec(attributes!)?.[1];
      expect((await api(app.url).get(`/${source}`)).status).toBe(200);
    }
  });
});

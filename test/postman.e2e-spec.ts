/** @jest-environment-options {"customExportConditions": ["node", "node-addons", "module-sync"]} */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { run, type RunOptions, type Summary } from 'newman';
import { createTestApp, type TestApp } from './support/app';

jest.setTimeout(60_000);

const FOLDER = join(__dirname, '..', 'postman');
const COLLECTION = join(FOLDER, 'keyturn.postman_collection.json');
const ENVIRONMENT = join(FOLDER, 'keyturn.postman_environment.json');
/** Those that every request has: its own status beside the collection's request id and type. */
const LEAST_ASSERTIONS_PER_REQUEST = 3;
const LEAST_ASSERTIONS = 300;

interface CollectionItem {
  name: string;
  item?: CollectionItem[];
  request?: { method: string; url: string; description?: string };
}

const runCollection = promisify<RunOptions, Summary>(run);

const folders = (JSON.parse(readFileSync(COLLECTION, 'utf8')) as { item: CollectionItem[] }).item;
const requests = folders.flatMap((folder) => folder.item ?? []);

/** `GET /api/tasks/{}`: a route by its shape, whatever it calls its parameters. */
function toOperation(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replace(/\?.*/, '').replace(/\{\{\w+\}\}|\{\w+\}|:\w+/g, '{}')}`;
}

/** A route is shown by a request that works, not by one that is refused. */
function operationsShown(): string[] {
  return folders
    .filter(({ name }) => name !== 'Errors')
    .flatMap(({ item = [] }) => item)
    .map(({ request }) => toOperation(request!.method, request!.url.replace('{{baseUrl}}', '')));
}

function routesOf({ app }: TestApp): string[] {
  const { router } = app.getHttpAdapter().getInstance() as {
    router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
  };
  return router.stack
    .flatMap(({ route }) =>
      Object.keys(route?.methods ?? {}).map((method) => toOperation(method, route!.path)),
    )
    .filter((operation) => !/ \/(docs|metrics)/.test(operation));
}

describe('The Postman collection', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await createTestApp();
  });
  afterAll(() => app.stop());

  const runOnce = (): Promise<Summary> =>
    runCollection({
      collection: COLLECTION,
      environment: ENVIRONMENT,
      envVar: [{ key: 'baseUrl', value: app.url }],
      reporters: [],
      timeoutRequest: 20_000,
    });

  it.each(['on a new server', 'and again on the same one'])('passes %s', async () => {
    const { failures, executions, stats } = (await runOnce()).run;

    expect(failures.map(({ source, error }) => `${source?.name}: ${error.test}: ${error.message}`)).toEqual(
      [],
    );
    expect(executions.map(({ item }) => item.name)).toEqual(requests.map(({ name }) => name));
    expect(stats.assertions.total).toBeGreaterThanOrEqual(LEAST_ASSERTIONS);
    for (const { item, assertions = [] } of executions)
      expect([item.name, assertions.length >= LEAST_ASSERTIONS_PER_REQUEST]).toEqual([item.name, true]);
  });

  it('has every documented operation, and every route but the docs’ own and the metrics', async () => {
    const document = (await (await fetch(`${app.url}/docs-json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => toOperation(method, path)),
    );
    const shown = operationsShown();

    expect(documented.length).toBeGreaterThan(0);
    expect(documented.filter((operation) => !shown.includes(operation))).toEqual([]);
    expect(routesOf(app).filter((operation) => !shown.includes(operation))).toEqual([]);
    expect(routesOf(app)).toEqual(expect.arrayContaining(documented));
  });

  it('describes every folder and every request', () => {
    for (const { name, description } of [
      ...folders.map((folder) => ({
        ...folder,
        description: (folder as { description?: string }).description,
      })),
      ...requests.map(({ name, request }) => ({ name, description: request?.description })),
    ])
      expect([name, description]).toEqual([name, expect.stringMatching(/\w{3}.*\./)]);
  });
});

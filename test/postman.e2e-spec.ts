import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestApp, type TestApp } from './support/app';

jest.setTimeout(60_000);

const REPOSITORY = join(__dirname, '..');
const NEWMAN = join(REPOSITORY, 'node_modules', 'newman', 'bin', 'newman.js');
const COLLECTION = join(REPOSITORY, 'postman', 'keyturn.postman_collection.json');
const ENVIRONMENT = join(REPOSITORY, 'postman', 'keyturn.postman_environment.json');
const RUN_DEADLINE_MS = 45_000;
const LEAST_ASSERTIONS = 300;
/** The request's status, and the collection's two checks of every answer: a request id and `nosniff`. */
const LEAST_ASSERTIONS_OF_REQUEST = 3;

interface Item {
  name: string;
  description?: string;
  request: { method: string; url: string; description?: string };
}

interface Folder {
  name: string;
  description?: string;
  item: Item[];
}

interface Run {
  failures: { source: { name: string }; error: { test?: string; message: string } }[];
  executions: { item: { name: string }; assertions?: unknown[] }[];
  stats: { assertions: { total: number } };
}

const { item: folders } = JSON.parse(readFileSync(COLLECTION, 'utf8')) as { item: Folder[] };
const items = folders.flatMap(({ item }) => item);

/** Runs newman's own command in a separate process: Jest's module loader and newman are incompatible. */
async function runCollection(baseUrl: string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-newman-'));
  const report = join(folder, 'report.json');
  const options = ['--environment', ENVIRONMENT, '--env-var', `baseUrl=${baseUrl}`];
  const reporting = ['--reporters', 'json', '--reporter-json-export', report];
  try {
    await new Promise((resolve) => {
      const argv = [NEWMAN, 'run', COLLECTION, ...options, ...reporting];
      execFile(process.execPath, argv, { timeout: RUN_DEADLINE_MS }, resolve);
    });
    return (JSON.parse(readFileSync(report, 'utf8')) as { run: Run }).run;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `GET /api/tasks/{}`: a route by its shape, whatever its parameters are named. */
function toOperation(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replace(/\?.*/, '').replace(/\{\{\w+\}\}|\{\w+\}|[:*]\w+/g, '{}')}`;
}

/** A route counts as shown only by a successful request, not by a refused one. */
function operationsShown(): string[] {
  return folders
    .filter(({ name }) => name !== 'Errors')
    .flatMap(({ item }) => item)
    .map(({ request }) => toOperation(request.method, request.url.replace('{{baseUrl}}', '')));
}

function operationsRouted({ app }: TestApp): string[] {
  const { router } = app.getHttpAdapter().getInstance() as {
    router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
  };
  return router.stack.flatMap(({ route }) =>
    Object.keys(route?.methods ?? {}).map((method) => toOperation(method, route!.path)),
  );
}

async function operationsDocumented({ url }: TestApp): Promise<string[]> {
  const document = (await (await fetch(`${url}/docs-json`)).json()) as { paths: Record<string, object> };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'parameters')
      .map((method) => toOperation(method, path)),
  );
}

/** The documentation, the metrics and the socket are not requests for a collection. */
const isShowable = (operation: string): boolean => !/ \/(docs|metrics|ws)/.test(operation);

describe('The Postman collection', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await createTestApp();
  });
  afterAll(() => app.stop());

  it.each(['on a new server', 'again on the same one'])('passes %s', async () => {
    const { failures, executions, stats } = await runCollection(app.url);

    expect(failures.map(({ source, error }) => `${source.name}: ${error.test}: ${error.message}`)).toEqual(
      [],
    );
    expect(executions.map(({ item }) => item.name)).toEqual(items.map(({ name }) => name));
    expect(stats.assertions.total).toBeGreaterThanOrEqual(LEAST_ASSERTIONS);
    const unchecked = executions.filter(
      ({ assertions = [] }) => assertions.length < LEAST_ASSERTIONS_OF_REQUEST,
    );
    expect(unchecked.map(({ item }) => item.name)).toEqual([]);
  });

  it('shows every documented operation', async () => {
    const shown = operationsShown();
    const documented = await operationsDocumented(app);

    expect(documented).toContain('POST /api/chat');
    expect(documented.filter(isShowable).filter((operation) => !shown.includes(operation))).toEqual([]);
  });

  it('shows every route there is, but the documentation, the metrics and the socket', () => {
    const shown = operationsShown();
    const routed = operationsRouted(app).filter(isShowable);

    expect(routed).toContain('POST /api/tasks/{}/complete');
    expect(routed.filter((operation) => !shown.includes(operation))).toEqual([]);
    expect(shown.filter((operation) => !routed.includes(operation))).toEqual([]);
  });

  it('describes every folder and every request', () => {
    const described = [...folders, ...items.map(({ name, request }) => ({ ...request, name }))];
    const undescribed = described.filter(({ description = '' }) => !/\w{3}.*\.$/m.test(description));
    expect(undescribed.map(({ name }) => name)).toEqual([]);
  });
});

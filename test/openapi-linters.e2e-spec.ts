import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestApp, type TestApp } from './support/app';

jest.setTimeout(120_000);

const FOLDER = join(__dirname, 'api-linters');
const DEADLINE_MS = 60_000;

const execute = promisify(execFile);

/** CI installs Spectral and requires it; elsewhere it is skipped if not installed. */
const hasSpectral = existsSync(join(FOLDER, 'node_modules')) || process.env.CI === 'true';
if (!hasSpectral) {
  process.stderr.write('Spectral is left out: `npm ci --prefix test/api-linters` installs it.\n');
}
const LINTERS = ['swagger-parser', 'redocly', ...(hasSpectral ? ['spectral'] : [])];

/** Faults of an older version of the document, each with the linter that finds it. */
const FAULTS: [linter: string, break_: (document: Document) => void][] = [
  ['swagger-parser', (document) => delete document.info],
  ['redocly', (document) => (document.servers = [])],
  ['spectral', (document) => (document.paths['/api/tasks']!.get!.operationId = 'createTask')],
];

interface Document {
  info?: object;
  servers: unknown[];
  paths: Record<string, Record<string, { operationId?: string }>>;
}

describe('The API’s document', () => {
  let app: TestApp;
  let document: Document;
  let folder: string;

  beforeAll(async () => {
    app = await createTestApp();
    document = (await (await fetch(`${app.url}/docs-json`)).json()) as Document;
    folder = mkdtempSync(join(tmpdir(), 'keyturn-linters-'));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await app.stop();
  });

  async function lint(linter: string, linted: Document): Promise<string[]> {
    const file = join(folder, 'openapi.json');
    writeFileSync(file, JSON.stringify(linted));
    const program = [join(FOLDER, 'lint.mjs'), linter, file];
    const { stdout } = await execute(process.execPath, program, { timeout: DEADLINE_MS });
    return JSON.parse(stdout) as string[];
  }

  it.each(LINTERS)('passes %s without an error', async (linter) => {
    expect(await lint(linter, document)).toEqual([]);
  });

  it.each(FAULTS.filter(([linter]) => LINTERS.includes(linter)))(
    'is refused by %s once it is broken',
    async (linter, break_) => {
      const broken = structuredClone(document);
      break_(broken);
      expect(await lint(linter, broken)).not.toEqual([]);
    },
  );
});

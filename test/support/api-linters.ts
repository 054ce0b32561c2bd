import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestApp } from './app';

const FOLDER = join(__dirname, '..', 'api-linters');
const DEADLINE_MS = 60_000;

const execute = promisify(execFile);

export interface ApiDocument {
  info?: object;
  servers: unknown[];
  paths: Record<string, Record<string, { operationId?: string }>>;
}

/** @returns what the linter finds wrong */
async function lint(linter: string, document: ApiDocument): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-linters-'));
  try {
    const file = join(folder, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const program = [join(FOLDER, 'lint.mjs'), linter, file];
    const { stdout } = await execute(process.execPath, program, { timeout: DEADLINE_MS });
    return JSON.parse(stdout) as string[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The API's document passes the linter, and does not once it is broken.
 * @param break_ what an older version of the document had wrong
 */
export function describeLinter(linter: string, break_: (document: ApiDocument) => void): void {
  describe(`The API’s document, linted by ${linter}`, () => {
    let document: ApiDocument;

    beforeAll(async () => {
      const app = await createTestApp();
      document = (await (await fetch(`${app.url}/docs-json`)).json()) as ApiDocument;
      await app.stop();
    });

    it('has no error', async () => {
      expect(await lint(linter, document)).toEqual([]);
    });

    it('has one once it is broken', async () => {
      break_(document);
      expect(await lint(linter, document)).not.toEqual([]);
    });
  });
}

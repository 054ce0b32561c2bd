import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The variable in which the global set-up leaves the run's folder. */
export const RUN_FOLDER = 'KEYTURN_TEST_RUN_FOLDER';

let make: (() => object) | undefined;

/** Lets a suite's app make the document if no other suite of the run has made it yet. */
export function provideApiDocument(maker: () => object): void {
  make = maker;
}

/**
 * Reads the API's document, which is made once a run. The global set-up cannot make it: Jest would hand the globals
 * that the app's libraries set there to every suite.
 * @param url a running app to fetch the document from if the suite has no app of its own
 */
export async function readApiDocument(url: string): Promise<Record<string, unknown>> {
  const file = join(process.env[RUN_FOLDER]!, 'openapi.json');
  if (!existsSync(file)) {
    const document = make?.() ?? (await (await fetch(new URL('/docs-json', url))).json());
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(document));
    renameSync(draft, file);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

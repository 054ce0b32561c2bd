import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the global set-up leaves the folder of a run. */
export const RUN_FOLDER = 'KEYTURN_TEST_RUN_FOLDER';

let make: (() => object) | undefined;

/** Lets a suite's app make the document, should no other suite of the run have done it. */
export function provideApiDocument(maker: () => object): void {
  make = maker;
}

/**
 * The API's document, made once a run. Not by the global set-up: what the app's libraries keep as globals there, Jest
 * would hand to every suite.
 * @param url a running app, which is asked where the suite has none of its own
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

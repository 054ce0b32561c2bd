import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_STATUS } from '../src/common/app-error';

const ROOT = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const documentsIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const DOCUMENTS = ['.', 'docs', 'docs/decisions', 'client', 'test'].flatMap(documentsIn);
/** Decisions stay as written, so their paths may be outdated. */
const isDecision = (path: string): boolean => path.startsWith('docs/decisions/');

/** The anchors of a text's headings, as GitHub makes them. */
const anchorsOf = (text: string): string[] =>
  Array.from(text.matchAll(/^#{1,6} +(.*)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('documents', () => {
  it.each(DOCUMENTS)('%s links to what there is', (path) => {
    const targets = Array.from(read(path).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g), ([, target]) => target!);
    const broken = targets.filter((target) => {
      const [file, anchor] = target.split('#') as [string, string?];
      const linked = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, linked))) return true;
      return anchor !== undefined && !anchorsOf(read(linked)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(DOCUMENTS.filter((path) => !isDecision(path)))('%s names files that there are', (path) => {
    const named = read(path).matchAll(/`((?:src|test|bench|docs|client|deploy)\/[\w./-]+)`/g);
    const missing = Array.from(named, ([, file]) => file!).filter((file) => !existsSync(join(ROOT, file)));
    expect(missing).toEqual([]);
  });

  it('docs/contract.md names every error code, with its status', () => {
    const [, table = ''] = /^## Errors$(.*?)^## /ms.exec(read('docs/contract.md')) ?? [];
    const named = Array.from(table.matchAll(/^\| (\d{3}) \| (.*) \|$/gm), ([, status, codes]) =>
      Array.from(codes!.matchAll(/`([a-z_]+)`/g), ([, code]) => [code, Number(status)]),
    ).flat();
    expect(Object.fromEntries(named)).toEqual(ERROR_STATUS);
  });
});

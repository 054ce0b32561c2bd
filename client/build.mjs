/** Builds the package as ES modules and as CommonJS, into `dist` or the folder given. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const outDir = resolve(process.argv[2] ?? join(here, 'dist'));
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(outDir, { recursive: true, force: true });
for (const [format, type] of [
  ['esm', 'module'],
  ['cjs', 'commonjs'],
]) {
  const folder = join(outDir, format);
  const { status } = spawnSync(
    process.execPath,
    [compiler, '--project', join(here, `tsconfig.${format}.json`), '--outDir', folder],
    { stdio: 'inherit' },
  );
  if (status !== 0) process.exit(1);
  // Both are .js files: the nearest package.json tells Node which kind they are.
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ type })}\n`);
}

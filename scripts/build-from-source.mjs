import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Builds only from a source tree: an installation without development dependencies already has its build. */
if (existsSync('src') && existsSync('node_modules/typescript')) {
  execSync('npm run build --silent', { stdio: 'inherit' });
}

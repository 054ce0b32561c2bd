import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Builds where there is something to build from: an installation without its development dependencies has its build. */
if (existsSync('src') && existsSync('node_modules/typescript')) {
  execSync('npm run build --silent', { stdio: 'inherit' });
}

/**
 * What the e2e suites need besides Node: programs, and installs of their own. A suite is left out where something is
 * missing, except in CI. What a suite needs follows from the files that it imports.
 */
const { accessSync, constants, existsSync, readdirSync, readFileSync } = require('node:fs');
const { delimiter, dirname, join, relative } = require('node:path');

const ROOT = join(__dirname, '..');

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
/** Servers lie outside of a user's path. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
const isOnPath = (program) => FOLDERS.some((folder) => isExecutable(join(folder, program)));
const isInstalled = (folder) => existsSync(join(ROOT, folder, 'node_modules'));

const debian = (name, isThere = () => isOnPath(name), packageName = name) => ({
  name,
  isThere,
  install: `apt-get install ${packageName}`,
});
const ownPackages = (folder) => ({
  name: `the packages of ${folder}`,
  isThere: () => isInstalled(folder),
  install: `npm ci --prefix ${folder}`,
});

const NGINX = debian('nginx');
const REDIS = debian('redis-server');
const OPENSSL = debian('openssl');
const CURL = debian('curl');
const BASH = debian('bash');
const SYSTEMD = debian('systemd-analyze', undefined, 'systemd');
const CHROMIUM = debian('chromium', () => isExecutable(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'));
const LAMBDA = ownPackages('deploy/lambda');
const SPECTRAL = ownPackages('test/api-linters');
const CLIENTS = ownPackages('test/third-party');

/** Which files of test/ use it. */
const NEEDED_BY = {
  'support/nginx.ts': [NGINX],
  'support/redis.ts': [REDIS],
  'support/three-instances.ts': [REDIS],
  'support/certificate.ts': [OPENSSL],
  'support/browser.ts': [CHROMIUM],
  'support/serverless-offline.ts': [LAMBDA],
  'support/third-party.ts': [CLIENTS],
  'readme.e2e-spec.ts': [BASH, CURL],
  'systemd-unit.e2e-spec.ts': [SYSTEMD],
  'openapi-spectral.e2e-spec.ts': [SPECTRAL],
};

const IMPORT = /\bfrom '(\.{1,2}\/[^']+)'/g;

/** The file and all files of test/ that it imports, however far away. */
function importsOf(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const imported = join(dirname(file), `${name}.ts`);
    if (imported.startsWith(__dirname) && existsSync(imported)) importsOf(imported, seen);
  }
  return seen;
}

const suites = () => readdirSync(__dirname).filter((name) => name.endsWith('.e2e-spec.ts'));

/** @returns what is missing, each with the suites that need it */
function findMissing() {
  const missing = new Map();
  for (const suite of suites()) {
    for (const file of importsOf(join(__dirname, suite))) {
      for (const need of NEEDED_BY[relative(__dirname, file)] ?? []) {
        if (!need.isThere()) missing.set(need, (missing.get(need) ?? new Set()).add(suite));
      }
    }
  }
  return [...missing].map(([need, names]) => ({ ...need, suites: [...names].sort() }));
}

/** @returns lines for people; none where nothing is missing */
function describeMissing(missing) {
  if (missing.length === 0) return [];
  const count = new Set(missing.flatMap((need) => need.suites)).size;
  const packages = missing.filter(({ install }) => install.startsWith('apt-get'));
  const commands = [
    ...(packages.length === 0
      ? []
      : [`apt-get install ${packages.map(({ install }) => install.split(' ').at(-1)).join(' ')}`]),
    ...missing.filter((need) => !packages.includes(need)).map(({ install }) => install),
  ];
  return [
    `${count} e2e suites ${process.env.CI ? 'cannot run' : 'are left out'}:`,
    ...missing.map(
      (need) =>
        `  without ${need.name}: ${need.suites.map((name) => name.replace('.e2e-spec.ts', '')).join(', ')}`,
    ),
    `To run them: ${commands.join(' && ')}`,
  ];
}

module.exports = { findMissing, describeMissing };

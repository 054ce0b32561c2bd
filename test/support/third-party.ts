import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDER = join(__dirname, '..', 'third-party');
const LOOPBACK_ONLY = pathToFileURL(join(FOLDER, 'support', 'loopback-only.mjs')).href;

const INSTALL_COMMAND = 'npm ci --no-audit --no-fund --prefix test/third-party';

/** Some of the packages send telemetry to their makers unless disabled. */
const NO_TELEMETRY = {
  DO_NOT_TRACK: '1',
  LANGCHAIN_TRACING_V2: 'false',
  LANGSMITH_TRACING: 'false',
  MASTRA_TELEMETRY_DISABLED: '1',
  OTEL_SDK_DISABLED: 'true',
};

export interface CaseEnvironment {
  /** Keyturn in front of the simulator. */
  readonly KEYTURN_URL: string;
  /** Keyturn in front of the fixed provider. */
  readonly KEYTURN_FIXED_URL: string;
  readonly KEYTURN_TOKEN: string;
}

/** A step's fault, or null if the step passed. */
export type StepFaults = ReadonlyMap<string, string | null>;

const CASE_DEADLINE_MS = 60_000;

/** Runs one client's case in its own process, which can reach only this machine. */
export async function runCase(client: string, environment: CaseEnvironment): Promise<StepFaults> {
  const child = spawn(process.execPath, ['--import', LOOPBACK_ONLY, 'case.mjs'], {
    cwd: join(FOLDER, 'clients', client),
    env: { PATH: process.env.PATH, HOME: tmpdir(), ...NO_TELEMETRY, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: CASE_DEADLINE_MS,
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`${client} ended with ${code ?? signal}.\n${output}${errors}`);
  return new Map(output.split('\n').flatMap(readStep));
}

/** Clients may print lines of their own: only a step's lines count. */
function readStep(line: string): [string, string | null][] {
  if (!line.startsWith('{"step":')) return [];
  const { step, fault } = JSON.parse(line) as { step: string; fault: string | null };
  return [[step, fault]];
}

interface PackageFile {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const readPackage = (path: string): PackageFile => JSON.parse(readFileSync(path, 'utf8')) as PackageFile;

/** The packages that a client's folder requires, with their versions in the lock file. */
export function lockedVersions(client: string): Map<string, string> {
  const { packages } = JSON.parse(readFileSync(join(FOLDER, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, PackageFile>>;
  };
  const { dependencies } = readPackage(join(FOLDER, 'clients', client, 'package.json'));
  return new Map(
    Object.keys(dependencies).map((name) => {
      const own = packages[`clients/${client}/node_modules/${name}`] ?? packages[`node_modules/${name}`];
      if (own === undefined) throw new Error(`The lock file has no ${name} for ${client}.`);
      return [name, own.version];
    }),
  );
}

/** The same packages, with the versions that Node finds from the client's folder. */
export function installedVersions(client: string): Map<string, string> {
  const folder = join(FOLDER, 'clients', client);
  return new Map(
    [...lockedVersions(client).keys()].map((name) => [name, readPackage(installed(folder, name)).version]),
  );
}

function installed(folder: string, name: string): string {
  const path = join(folder, 'node_modules', name, 'package.json');
  if (existsSync(path)) return path;
  if (folder === FOLDER) throw new Error(`${name} is not installed: ${INSTALL_COMMAND}`);
  return installed(dirname(folder), name);
}

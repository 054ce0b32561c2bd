import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './clients';
import { freePort } from './free-port';
import { FAKETIME } from './machine-clock';

const REPOSITORY = join(__dirname, '..', '..');
const LAMBDA = join(REPOSITORY, 'deploy', 'lambda');

export interface RunningOffline {
  /** The address, with the path, at which sockets are opened. */
  readonly url: string;
  /** Everything that serverless-offline and its Lambdas have printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/** An API Gateway and its Lambdas on loopback: `deploy/lambda` under serverless-offline. */
export async function startServerlessOffline(environment: Record<string, string>): Promise<RunningOffline> {
  const program = join(LAMBDA, 'node_modules', '.bin', 'serverless');
  const build = join(REPOSITORY, 'dist');
  if (!existsSync(program)) {
    throw new Error('The Lambda’s tools are not installed: run `npm ci --prefix deploy/lambda`.');
  }
  if (!existsSync(join(build, 'lambda.js'))) throw new Error('There is no build: run `npm run build`.');
  const [httpPort, websocketPort, lambdaPort] = [await freePort(), await freePort(), await freePort()];
  const ports = { httpPort, websocketPort, lambdaPort };
  const options = Object.entries(ports).flatMap(([name, port]) => [`--${name}`, String(port)]);
  const home = mkdtempSync(join(tmpdir(), 'keyturn-offline-'));
  const child = spawn(program, ['offline', '--host', '127.0.0.1', '--noSponsor', ...options], {
    cwd: LAMBDA,
    env: {
      PATH: process.env.PATH,
      ...FAKETIME,
      HOME: home,
      // No account's data, and no reports to anyone.
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: '1',
      SLS_TELEMETRY_DISABLED: '1',
      SLS_TRACKING_DISABLED: '1',
      SLS_NOTIFICATIONS_MODE: 'off',
      SLS_INTERACTIVE_SETUP_ENABLE: '0',
      CI: '1',
      APP_DIRECTORY: REPOSITORY,
      CONNECTIONS_URL: `http://127.0.0.1:${websocketPort}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (text: string): void => void (output += text);
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  try {
    await until(() => child.exitCode !== null || output.includes('[http for websocket] listening'), 60_000);
    if (child.exitCode !== null) throw new Error('It ended.');
  } catch (cause) {
    await stop(child);
    throw new Error(`serverless-offline did not start: ${output}`, { cause });
  }
  return {
    url: `http://127.0.0.1:${websocketPort}`,
    output: () => output,
    stop: async () => {
      await stop(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

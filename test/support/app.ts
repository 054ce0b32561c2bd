import { randomBytes } from 'node:crypto';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { DestinationStream } from 'pino';
import { createApp } from '../../src/app.setup';
import { shutDown } from '../../src/app.shutdown';
import { clock } from '../../src/common/clock';
import { readSettings, type Settings } from '../../src/config/settings';
import { describeApi } from '../../src/openapi';
import { type RunningSimulator, startSimulator } from '../../src/simulator/simulator.server';
import { provideApiDocument } from './api-document';
import { createDatabase, type TestDatabase } from './postgres';

export interface TestApp {
  url: string;
  database: TestDatabase;
  simulator: RunningSimulator;
  settings: Settings;
  app: NestExpressApplication;
  /** Everything logged so far. */
  log(): string;
  stop(): Promise<void>;
}

const JWT_SECRET = randomBytes(32).toString('hex');

export interface TestAppOptions {
  /** The first instance's database, when a test starts a second one. */
  database?: TestDatabase;
}

/** The real app on a free port, on a database of its own, with the simulator as its provider. */
export async function createTestApp(
  environment: Record<string, string> = {},
  options: TestAppOptions = {},
): Promise<TestApp> {
  const database = options.database ?? (await createDatabase());
  const simulator = await startSimulator({ now: () => clock.now() });
  const settings = readSettings(
    {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: '10',
      OPENAI_API_KEY: 'sk-test-key-that-must-never-be-seen',
      OPENAI_BASE_URL: simulator.baseUrl,
      JWT_SECRET,
      ...environment,
    },
    process.cwd(),
  );
  const lines: string[] = [];
  const destination: DestinationStream = { write: (line: string) => void lines.push(line) };
  const app = await createApp(settings, destination);
  provideApiDocument(() => describeApi(app));
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    database,
    simulator,
    settings,
    app,
    log: () => lines.join(''),
    stop: async () => {
      await shutDown(app, 0);
      await simulator.stop();
      if (options.database === undefined) await database.drop();
    },
  };
}

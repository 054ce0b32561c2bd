import { join } from 'node:path';
import { clock } from './common/clock';
import type { DataDirectory } from './config/data-directory';
import type { Settings } from './config/settings';
import { startEmbeddedPostgres } from './database/embedded-postgres';
import { startSimulator } from './simulator/simulator.server';

export interface LocalServices {
  /** The settings with everything filled in that stood open: addresses, keys, secrets. */
  settings: Settings;
  /** Where the embedded database lives; undefined where DATABASE_URL names another. */
  databaseFolder: string | undefined;
  stop(): Promise<void>;
}

/**
 * Starts beside the app what no variable points elsewhere: the database and the simulator.
 * @throws StartupError
 */
export async function startLocalServices(
  settings: Settings,
  dataDirectory: DataDirectory,
): Promise<LocalServices> {
  const running: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const service of running.toReversed()) await service.stop();
  };
  try {
    const complete = {
      ...settings,
      auth: { ...settings.auth, jwtSecret: jwtSecret(settings, dataDirectory) },
    };
    let databaseFolder: string | undefined;
    if (settings.database.url === undefined) {
      const folder = join(dataDirectory.path, 'postgres');
      const postgres = await startEmbeddedPostgres(folder, dataDirectory.secret('postgres-password'));
      running.push(postgres);
      databaseFolder = postgres.dataFolder;
      complete.database = { ...settings.database, url: postgres.url };
    }
    if (settings.upstream === 'simulator') {
      const simulator = await startSimulator({ now: () => clock.now() });
      running.push(simulator);
      complete.openai = { ...settings.openai, apiKey: 'simulator', baseUrl: simulator.baseUrl };
    }
    return { settings: complete, databaseFolder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function jwtSecret({ auth }: Settings, dataDirectory: DataDirectory): string {
  return auth.jwtSecret ?? dataDirectory.secret('jwt-secret');
}

import 'reflect-metadata';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp } from './app.setup';
import { shutDown } from './app.shutdown';
import { StartupError } from './common/startup-error';
import { DataDirectory } from './config/data-directory';
import { HOME_DIRECTORY } from './config/installation';
import { findUnreadVariables, loadSettings } from './config/load-settings';
import type { Settings } from './config/settings';
import { type LocalServices, startLocalServices } from './local-services';
import { toListenFault } from './listen-faults';
import { defaultModelWarnings } from './models/default-model-check';
import { reportWarnings, startReport } from './start-report';

/** What may remain to do once the grace is over: settling, closing, stopping the database. */
const CLOSING_MS = 4500;

async function start(): Promise<void> {
  const settings = loadSettings(HOME_DIRECTORY);
  const dataDirectory = DataDirectory.open(settings.dataDirectory);
  const services = await startLocalServices(settings, dataDirectory);
  let app: NestExpressApplication | undefined;
  try {
    app = await createApp(services.settings);
    await app.listen(settings.port, settings.host).catch((error: unknown) => {
      throw toListenFault(error);
    });
    const url = await app.getUrl();
    dataDirectory.writePort(Number(new URL(url).port));
    stopOnSignal(app, services, settings);
    process.stdout.write(startReport(services, url, findUnreadVariables(HOME_DIRECTORY, settings)));
    void defaultModelWarnings(services.settings).then((lines) => process.stdout.write(reportWarnings(lines)));
  } catch (error) {
    await app?.close();
    await services.stop();
    throw error;
  }
}

/** The app first, the database last. A second signal waits for the database alone. */
function stopOnSignal(app: NestExpressApplication, services: LocalServices, settings: Settings): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    await shutDown(app, settings.shutdownGraceMs);
    await services.stop();
  };
  const onSignal = (): void => {
    if (isStopping) {
      // The database is told to stop too, and has its own time for that.
      void services.stop().finally(() => process.exit(1));
      return;
    }
    isStopping = true;
    const graceSeconds = Math.ceil(settings.shutdownGraceMs / 1000);
    process.stdout.write(
      `  stopping  running turns have ${graceSeconds} s to end; once more ends them now\n`,
    );
    setTimeout(() => process.exit(0), settings.shutdownGraceMs + CLOSING_MS).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
}

start().catch((error: unknown) => {
  const told =
    error instanceof StartupError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`keyturn: ${told}\n`);
  process.exitCode = 1;
  // Pools and timers of a half-started app would keep the process up.
  setTimeout(() => process.exit(1), 100);
});

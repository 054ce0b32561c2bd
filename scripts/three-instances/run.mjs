import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Fault } from './fault.mjs';
import { Instance } from './instance.mjs';
import { startNginx } from './nginx.mjs';
import { accepts, findProgram } from './processes.mjs';
import { startPostgres, startRedis } from './services.mjs';

const PROJECT = resolve(import.meta.dirname, '..', '..');

/** A whole run in its own folder, from the first process to the last. */
export class Run {
  #options;
  #say;
  #onLost;
  #ending = new AbortController();
  #starting = Promise.resolve();
  #folder;
  #instances = [];
  #postgres;
  #redis;
  #nginx;

  /**
   * @param options the number of instances, and the port of nginx; 0 picks a free one
   * @param say prints the name of a part and its state
   * @param onLost called when nginx ends by itself, which ends the run
   */
  constructor(options, { say, onLost }) {
    this.#options = options;
    this.#say = say;
    this.#onLost = onLost;
  }

  start() {
    this.#starting = this.#start();
    return this.#starting;
  }

  /**
   * Stops the instances first, so that nginx passes on their last answers, and the database last. Works during start,
   * too.
   */
  async stop() {
    this.#ending.abort();
    // A process that is still starting can be stopped once its address is known.
    await this.#starting.catch(() => undefined);
    await Promise.all(this.#instances.map((instance) => instance.stop()));
    await this.#nginx?.stop();
    await this.#redis?.stop();
    await this.#postgres?.stop();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Stops the instances without waiting for running turns. */
  hurry() {
    for (const instance of this.#instances) instance.hurry();
  }

  async #start() {
    const { loadSettings } = await fromBuild('config/load-settings.js');
    const settings = loadSettings(PROJECT);
    const nginx = findProgram('nginx', 'apt-get install nginx');
    const redis =
      settings.redisUrl === undefined &&
      findProgram('redis-server', 'apt-get install redis-server, or set REDIS_URL');
    const { count, port } = this.#options;
    if (port !== 0 && (await accepts(port))) throw new Fault(`Port ${port} is in use: give --port another.`);
    this.#folder = mkdtempSync(join(tmpdir(), 'keyturn-instances-'));
    // Started as root, Postgres and nginx run as other users, who must be able to enter.
    chmodSync(this.#folder, 0o755);
    const [folder, signal] = [this.#folder, this.#ending.signal];

    const databaseUrl = settings.database.url ?? (await this.#startPostgres());
    signal.throwIfAborted();
    if (redis) this.#redis = await startRedis({ program: redis, folder, signal });
    const environment = {
      ...process.env,
      DATABASE_URL: databaseUrl,
      REDIS_URL: settings.redisUrl ?? this.#redis.url,
      JWT_SECRET: settings.auth.jwtSecret ?? randomBytes(32).toString('base64url'),
      TRUST_PROXY: '1',
    };
    const surroundings = { environment, graceMs: settings.shutdownGraceMs, signal, say: this.#say };
    const main = join(PROJECT, 'dist', 'main.js');
    for (let number = 1; number <= count; number++) {
      this.#instances.push(new Instance({ number, folder, main }, surroundings));
    }
    for (const instance of this.#instances) instance.launch();
    await Promise.all(this.#instances.map((instance) => instance.ready()));
    this.#nginx = await startNginx({
      program: nginx,
      folder,
      site: join(PROJECT, 'deploy', 'nginx', 'keyturn.conf'),
      port,
      addresses: this.#instances.map(({ address }) => address),
      signal,
    });
    this.#nginx.child.once('exit', () => this.#lose());
    this.#report(databaseUrl, settings);
  }

  async #startPostgres() {
    const { startEmbeddedPostgres } = await fromBuild('database/embedded-postgres.js');
    const password = randomBytes(24).toString('base64url');
    this.#postgres = await startPostgres({ startEmbeddedPostgres, folder: this.#folder, password });
    return this.#postgres.url;
  }

  #lose() {
    if (this.#ending.signal.aborted) return;
    this.#say('lost', 'nginx ended by itself');
    this.#onLost();
  }

  #report(databaseUrl, settings) {
    const say = this.#say;
    // For psql and the ledger's verification; readable by the owner only.
    const urlFile = join(this.#folder, 'database-url');
    writeFileSync(urlFile, databaseUrl, { mode: 0o600 });
    say('Keyturn', `${this.#nginx.url}  (nginx, process ${this.#nginx.child.pid})`);
    for (const { name, address, pid } of this.#instances) say(name, `http://${address}  (process ${pid})`);
    say(
      'database',
      this.#postgres === undefined
        ? 'yours  (DATABASE_URL)'
        : `embedded Postgres, process ${this.#postgres.pid}  (set DATABASE_URL for your own); its address is in ${urlFile}`,
    );
    say(
      'redis',
      settings.redisUrl === undefined
        ? `${this.#redis.url}, process ${this.#redis.pid}  (set REDIS_URL for your own)`
        : 'yours  (REDIS_URL)',
    );
    say('logs', `${this.#folder}, until it ends`);
    say('to end', 'Ctrl+C');
  }
}

/** @throws Fault if there is no build */
async function fromBuild(file) {
  const path = join(PROJECT, 'dist', file);
  if (!existsSync(path)) throw new Fault('There is no build: npm run build.');
  return import(path);
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { end, hasEnded, launch, untilReady } from './processes.mjs';

const RESTART_AFTER_MS = 1000;
/** Twice the time that an instance may take beyond its grace period. */
const CLOSING_MS = 10_000;

/** One process of the app. If the process ends by itself, it is restarted on the same port, as systemd would do. */
export class Instance {
  #child;
  #port = 0;
  #isStopping = false;

  /**
   * @param place number, folder of the run, path of main.js
   * @param surroundings environment, graceMs
   * @param signal aborted when the run ends
   */
  constructor({ number, folder, main }, { environment, graceMs, signal, say }) {
    this.name = `instance ${number}`;
    this.dataFolder = join(folder, `instance-${number}`);
    this.logFile = join(folder, `instance-${number}.log`);
    Object.assign(this, { main, environment, graceMs, signal, say });
  }

  get pid() {
    return this.#child.pid;
  }

  get address() {
    return `127.0.0.1:${this.#port}`;
  }

  /** Does not wait until the instance is ready, so that all start at the same moment. */
  launch() {
    const { main, logFile, environment, dataFolder } = this;
    const env = { ...environment, DATA_DIR: dataFolder, HOST: '127.0.0.1', PORT: String(this.#port) };
    this.#child = launch(process.execPath, [main], { logFile, env });
    this.#child.once('exit', (code, signal) => void this.#exited(code ?? signal));
  }

  async ready() {
    await untilReady(this.name, this.#child, () => this.#isReady(), this);
  }

  async stop() {
    this.#isStopping = true;
    await end(this.#child, 'SIGTERM', this.graceMs + CLOSING_MS);
  }

  hurry() {
    if (!hasEnded(this.#child)) this.#child.kill('SIGTERM');
  }

  async #isReady() {
    this.#port ||= this.#toldPort();
    if (this.#port === 0) return false;
    return fetch(`http://${this.address}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  #toldPort() {
    const file = join(this.dataFolder, 'port');
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  }

  async #exited(how) {
    const wasReady = this.#port !== 0;
    if (!wasReady || this.#isStopping) return;
    const ended = `${this.name} (process ${this.pid}) ended with ${how}`;
    await delay(RESTART_AFTER_MS);
    if (this.signal.aborted) return;
    this.launch();
    this.say('again', `${ended}; started again as process ${this.pid}`);
  }
}

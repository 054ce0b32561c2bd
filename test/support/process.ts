import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './clients';
import { FAKETIME } from './machine-clock';

const REPOSITORY = join(__dirname, '..', '..');

/** An installed Keyturn in a folder of its own, as `npm install && npm run build` leaves it. */
export class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), 'keyturn-install-'));
  private readonly running: Started[] = [];

  constructor() {
    chmodSync(this.folder, 0o755);
    cpSync(join(REPOSITORY, 'dist'), join(this.folder, 'dist'), { recursive: true });
    for (const file of ['package.json', '.env.example'])
      cpSync(join(REPOSITORY, file), join(this.folder, file));
    symlinkSync(join(REPOSITORY, 'node_modules'), join(this.folder, 'node_modules'));
  }

  get dataFolder(): string {
    return join(this.folder, '.data');
  }

  start(environment: Record<string, string> = {}): Started {
    const started = new Started(this.folder, this.dataFolder, environment);
    this.running.push(started);
    return started;
  }

  async remove(): Promise<void> {
    for (const started of this.running) await started.stop('SIGTERM');
    const report = this.running.map(({ output }) => output).join('');
    const elsewhere = /^ {2}data +(\/var\/lib\/keyturn\/\S+)/m.exec(report)?.[1];
    if (elsewhere !== undefined) rmSync(elsewhere, { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Started {
  output = '';
  errors = '';
  private readonly child: ChildProcess;

  constructor(
    folder: string,
    private readonly dataFolder: string,
    environment: Record<string, string>,
  ) {
    this.child = spawn(process.execPath, [join(folder, 'dist', 'main.js')], {
      cwd: tmpdir(),
      env: { PATH: process.env.PATH, ...FAKETIME, PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The address, once the server is healthy. */
  async url(): Promise<string> {
    return until(async () => {
      if (this.child.exitCode !== null) throw new Error(`It did not start: ${this.errors}`);
      const port =
        this.output.includes('Keyturn') && readFileSync(join(this.dataFolder, 'port'), 'utf8').trim();
      if (!port) return undefined;
      const url = `http://127.0.0.1:${port}`;
      return (await fetch(`${url}/health`)).ok ? url : undefined;
    }, 60_000);
  }

  /** @returns the exit code; null if a signal ended the process */
  exited(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null)
      return Promise.resolve(this.child.exitCode);
    return new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    const exited = this.exited();
    this.child.kill(signal);
    return exited;
  }
}

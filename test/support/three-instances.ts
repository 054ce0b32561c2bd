import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './clients';
import { Installation } from './process';

const REPOSITORY = join(__dirname, '..', '..');
const START_MS = 60_000;
const STOP_MS = 30_000;

/** Runs `npm run instances` from its own installation. */
export class InstancesCommand {
  output = '';
  errors = '';
  private readonly child: ChildProcess;
  private readonly installation = new Installation();

  /** @param temporaryMode the permissions of the folder in which the command makes its own */
  constructor(environment: Record<string, string> = {}, args: readonly string[] = [], temporaryMode = 0o755) {
    const { folder } = this.installation;
    for (const name of ['scripts', 'deploy/nginx'])
      cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true });
    mkdirSync(this.temporaryFolder, { mode: temporaryMode });
    this.child = spawn(process.execPath, [join(folder, 'scripts', 'three-instances.mjs'), ...args], {
      cwd: folder,
      // Without FAKETIME: the command starts redis-server, which does not support it.
      env: { PATH: process.env.PATH, TMPDIR: this.temporaryFolder, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  get temporaryFolder(): string {
    return join(this.installation.folder, 'temporary');
  }

  /** The address of nginx, once everything is ready. */
  async url(): Promise<string> {
    await until(() => {
      if (this.hasEnded) throw new Error(`It did not start: ${this.errors}`);
      return this.output.includes('to end');
    }, START_MS);
    return /^ {2}Keyturn +(\S+)/m.exec(this.output)![1]!;
  }

  /** The address of each instance, without nginx. */
  get instanceUrls(): string[] {
    return [...this.output.matchAll(/^ {2}instance \d +(\S+)/gm)].map(([, url]) => url!);
  }

  /**
   * The current process of an instance.
   * @param index from 0
   */
  pidOf(index: number): number {
    const told = [
      ...this.output.matchAll(new RegExp(`^.*\\binstance ${index + 1}\\b.*process (\\d+)`, 'gm')),
    ];
    return Number(told.at(-1)![1]);
  }

  /** Everything that all instances have logged so far. */
  log(): string {
    const folder = /^ {2}logs +([^,]+)/m.exec(this.output)![1]!;
    return this.instanceUrls
      .map((_, index) => readFileSync(join(folder, `instance-${index + 1}.log`), 'utf8'))
      .join('');
  }

  /** Waits until every instance accepts requests, including restarted ones. */
  async untilAllReady(): Promise<void> {
    for (const url of this.instanceUrls) {
      await until(
        () =>
          fetch(`${url}/health/ready`).then(
            ({ ok }) => ok,
            () => false,
          ),
        START_MS,
      );
    }
  }

  /** The command's processes: all of them have the installation's folder as working directory. */
  processes(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && worksIn(name, this.installation.folder))
      .map(Number);
  }

  /** @returns the exit code */
  async exited(): Promise<number | null> {
    if (!this.hasEnded) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async stop(): Promise<number | null> {
    const exited = this.exited();
    this.child.kill('SIGTERM');
    return exited;
  }

  /** Ends all remaining processes, whether the test passed or failed. */
  async remove(): Promise<void> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await this.stop();
    clearTimeout(timer);
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    await this.installation.remove();
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

function worksIn(pid: string, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
}

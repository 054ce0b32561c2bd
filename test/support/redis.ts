import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './clients';
import { freePort } from './free-port';
import { environmentWithoutFaketime } from './machine-clock';

/** Debian's redis-server on a free loopback port, without persistence. */
export class TestRedis {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
    private readonly folder: string,
  ) {}

  static async start(port?: number, options: readonly string[] = []): Promise<TestRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-redis-'));
    const redis = new TestRedis(port ?? (await freePort()), options, folder);
    await redis.resume();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts the server (again), empty, on the same port. */
  async resume(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    const nothingKept = ['--save', '', '--appendonly', 'no'];
    const child = spawn('redis-server', [...place, ...nothingKept, ...this.options], {
      env: environmentWithoutFaketime(),
      stdio: 'ignore',
    });
    this.child = child;
    let fault: string | undefined;
    child.once('error', (error) => (fault = error.message));
    await until(async () => {
      if (fault !== undefined || child.exitCode !== null)
        throw new Error(`redis-server did not start: ${fault ?? `exit ${child.exitCode}`}`);
      // -NOAUTH, for a server with a password, also means that it is ready.
      return /^(\+PONG|-NOAUTH)/.test((await this.command('PING')) ?? '');
    });
  }

  /** Ends the server without closing its clients' connections. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends the server after it has closed its clients' connections. */
  async shutDown(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** The server answers nothing; connections are still accepted, by the operating system. */
  freeze(): void {
    this.child!.kill('SIGSTOP');
  }

  thaw(): void {
    this.child!.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * Sends a single command.
   * @returns the answer, or an array's length; undefined if there is no answer
   */
  async command(line: string): Promise<string | undefined> {
    return (await this.answer(line))?.split('\r\n', 1)[0];
  }

  keys(pattern: string): Promise<string[]> {
    return this.elements(`KEYS ${pattern}`);
  }

  /** The elements of an answer that is a list of words, or the lines of one element. */
  async elements(line: string): Promise<string[]> {
    const lines = (await this.answer(line))?.split('\r\n') ?? [];
    return lines.filter((text) => text !== '' && !/^[*$]/.test(text));
  }

  private answer(line: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(`${line}\r\n`));
      socket.setEncoding('utf8');
      socket.once('error', () => resolve(undefined));
      socket.once('data', (text: string) => {
        socket.destroy();
        resolve(text);
      });
    });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}

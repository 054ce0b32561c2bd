import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SOURCE = join(__dirname, '..', '..', 'client');
const DEADLINE_MS = 30_000;

const execute = promisify(execFile);

/** How a Node program loads the package. */
export type Loader = 'import' | 'require';

const PROGRAM: Record<Loader, string> = { import: 'by-import.mjs', require: 'by-require.cjs' };

/** The client, freshly built, installed in an application's `node_modules`. */
export class ClientPackage {
  /** The application's folder. */
  readonly folder = mkdtempSync(join(tmpdir(), 'keyturn-client-'));
  private readonly home = join(this.folder, 'node_modules', '@keyturn', 'client');

  async build(): Promise<void> {
    const { files } = JSON.parse(readFileSync(join(SOURCE, 'package.json'), 'utf8')) as { files: string[] };
    if (files.join() !== 'dist') throw new Error('The package holds more than this builds.');
    await this.node(join(SOURCE, 'build.mjs'), join(this.home, 'dist'));
    cpSync(join(SOURCE, 'package.json'), join(this.home, 'package.json'));
    cpSync(join(SOURCE, 'e2e'), this.folder, { recursive: true });
  }

  /** A built file, such as `esm/index.js`. */
  built(path: string): string {
    return join(this.home, 'dist', path);
  }

  /** Runs a scenario in its own Node process, which must end by itself. */
  async run<Told>(loader: Loader, scenario: string, options: object): Promise<Told> {
    return JSON.parse(await this.node(PROGRAM[loader], scenario, JSON.stringify(options))) as Told;
  }

  /**
   * Runs the text of an ES module as a program of the application.
   * @returns what it prints
   */
  async runProgram(text: string): Promise<string> {
    writeFileSync(join(this.folder, 'program.mjs'), text);
    return this.node('program.mjs');
  }

  /**
   * Runs a Node script in the application's folder.
   * @returns what it prints
   */
  async node(...script: string[]): Promise<string> {
    const { stdout } = await execute(process.execPath, script, { cwd: this.folder, timeout: DEADLINE_MS });
    return stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

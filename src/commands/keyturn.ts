#!/usr/bin/env node
import { packageVersion } from '../config/installation';

const USAGE = `Keyturn, a self-hosted chat backend

  keyturn [start]          starts the server; .env and .data are in the current folder
  keyturn doctor           checks this installation, or a server: --url URL --token-file FILE
  keyturn ledger-verify    proves that ledger, budgets and reports agree; --repair rebuilds the sums
  keyturn --version
  keyturn --help
`;

const WRONG_USAGE = 2;

/** Each runs when it is imported, and reads its arguments from `process.argv`. */
const COMMANDS = new Map<string, () => Promise<unknown>>([
  ['start', () => import('../main.js')],
  ['doctor', () => import('../doctor/main.js')],
  ['ledger-verify', () => import('../ledger-verify/main.js')],
]);

async function run([name = 'start', ...args]: string[]): Promise<void> {
  const command = COMMANDS.get(name);
  if (name === '--help' || name === '-h' || name === 'help') process.stdout.write(USAGE);
  else if (name === '--version' || name === '-v') process.stdout.write(`${packageVersion()}\n`);
  else if (command === undefined) refuse(`There is no command "${name}".`);
  else if (name === 'start' && args.length > 0)
    refuse('start takes no arguments: set variables, or write them to .env.');
  else {
    process.argv.splice(2, 1);
    await command();
  }
}

function refuse(fault: string): void {
  process.stderr.write(`${fault}\n\n${USAGE}`);
  process.exitCode = WRONG_USAGE;
}

void run(process.argv.slice(2));

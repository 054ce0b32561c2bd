/** A working copy of the harness, with request bodies for our own doors. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { newFolder } from './installation.mjs';

/** A streaming request that every door accepts. */
export const WARM_UP_BODY = 'stream-c10-d5.json';

/** The file prefixes of request shapes other than the harness's own, which is that of Chat Completions. */
const SHAPES = {
  'stateless-': ({ model, messages, temperature }) => ({ model, messages, temperature }),
  'responses-': ({ model, messages, temperature, stream }) => ({
    model,
    input: messages,
    temperature,
    stream,
  }),
};

/** `stages`: the stages of the run that suit the door. */
export const DOORS = [
  { path: '/api/chat', bodies: 'stateless-', stages: ['json'] },
  { path: '/api/chat/stream', bodies: 'stateless-', stages: ['stream', 'hold'] },
  { path: '/api/chat-openai', bodies: 'stateless-', stages: ['stream', 'hold'] },
  { path: '/v1/chat/completions', stages: ['json', 'stream', 'hold'] },
  { path: '/v1/responses', bodies: 'responses-', stages: ['json', 'stream'] },
];

/**
 * Copies the harness, because the bodies must lie inside it, and builds it there.
 * @returns the copy's folder, the address of its provider, and the models it asks for, whose names control that
 * provider
 */
export async function prepareHarness() {
  const source = process.env.PEERBENCH_DIR;
  if (source === undefined || !existsSync(join(source, 'bench.mjs'))) {
    throw new Error('Set PEERBENCH_DIR to the folder of the harness (the one that holds its bench.mjs).');
  }
  const folder = newFolder();
  for (const name of readdirSync(source).filter((entry) => entry !== 'node_modules')) {
    cpSync(join(source, name), join(folder, name), { recursive: true });
  }
  // The copy of a read-only original is read-only, too.
  execFileSync('chmod', ['-R', 'u+w', folder]);
  if (existsSync(join(source, 'node_modules'))) {
    symlinkSync(realpathSync(join(source, 'node_modules')), join(folder, 'node_modules'));
  }
  execFileSync('make', ['-C', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  expectTextTwice(folder);
  writeBodies(join(folder, 'bodies'));
  const { UP: port } = await import(join(folder, 'targets.mjs'));
  return { folder, provider: `http://127.0.0.1:${port}`, models: modelsOf(join(folder, 'bodies')) };
}

/**
 * The client expects one mark in the reply to a completion, but `/api/chat` repeats the text as `content`. So a wrapper
 * script adds `-x 2` for that door: the last `-x` counts.
 */
function expectTextTwice(folder) {
  renameSync(join(folder, 'loadgen'), join(folder, 'loadgen.bin'));
  const script = `#!/bin/sh
case "$*" in
  */api/chat) exec "$0.bin" "$@" -x 2 ;;
  *) exec "$0.bin" "$@" ;;
esac
`;
  writeFileSync(join(folder, 'loadgen'), script, { mode: 0o755 });
}

function writeBodies(folder) {
  const chats = readdirSync(folder).filter((name) => bodyOf(folder, name).messages !== undefined);
  for (const [prefix, shape] of Object.entries(SHAPES)) {
    for (const name of chats) {
      writeFileSync(join(folder, prefix + name), JSON.stringify(shape(bodyOf(folder, name))));
    }
  }
}

const bodyOf = (folder, name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

function modelsOf(folder) {
  return [...new Set(readdirSync(folder).map((name) => bodyOf(folder, name).model))];
}

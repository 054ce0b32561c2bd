import { SIBLING_NAMES } from '../config/providers';
import type { Settings } from '../config/settings';
import { providerOf, resolveModel } from '../models/catalogue';
import { isSimulated } from '../models/default-model-check';
import { accessFor, providerAccesses } from '../models/provider-access';
import { checkClock } from './clock-check';
import { checkDataDirectory } from './data-directory-check';
import { checkDatabase } from './database-check';
import { configuration, failed, type Finding, ok, skipped } from './finding';
import { checkKey, type KeyCheck } from './key-check';
import { checkLastDay } from './last-day-check';
import { checkModel } from './model-check';
import { checkNode } from './node-check';
import type { TimeLimits } from './probe';
import { findRunningServer, type RunningServer } from './running-server';
import { checkStream } from './stream-check';

export interface LocalCheckup {
  settings: Settings;
  /** Of the server on this data directory, to measure its streams. */
  token: string | undefined;
  limits: TimeLimits;
  now: Date;
}

/** Everything this machine's server stands on, each looked at in turn; nothing is written. */
export async function* checkLocally({ settings, token, limits, now }: LocalCheckup): AsyncGenerator<Finding> {
  yield checkNode(process.versions.node);
  const server = await findRunningServer(settings, limits.answerMs);
  yield checkDataDirectory(settings.dataDirectory, server);
  yield await checkDatabase(settings.database.url, server, limits.answerMs);
  yield* checkProviders(settings, limits, now);
  yield await checkOwnStreams(server, token, limits);
}

async function* checkProviders(settings: Settings, limits: TimeLimits, now: Date): AsyncGenerator<Finding> {
  if (settings.upstream === 'simulator') {
    yield ok('model', 'the simulator answers, no real model: set OPENAI_API_KEY for OpenAI');
  } else if (settings.upstream === 'not_configured') {
    yield failed('model', configuration('there is no provider: set OPENAI_API_KEY.'));
  }
  const accesses = providerAccesses(settings);
  const keys = new Map<string, KeyCheck>();
  for (const access of accesses) {
    const key = await checkKey(access, limits.answerMs);
    keys.set(access.name, key);
    yield key.finding;
  }
  // Past its last day the default's calls go to its replacement: that one has to answer.
  const { name: model } = resolveModel(settings.defaultModel, now);
  const access = accessFor(model, accesses);
  if (access !== undefined) yield* await checkModel(model, access, limits.replyMs);
  else yield* findMissingKey(model);
  if (!isSimulated(settings)) {
    yield checkLastDay(settings.defaultModel, access && keys.get(access.name)?.models, now);
  }
  if (accesses.length > 0) yield checkClock([...keys.values()].map(({ clockAheadMs }) => clockAheadMs));
}

/** OpenAI's own absence is told before. */
function findMissingKey(model: string): Finding[] {
  const sibling = SIBLING_NAMES.find((name) => name === providerOf(model));
  if (sibling === undefined) return [];
  const variable = `${sibling.toUpperCase()}_API_KEY`;
  return [
    failed(
      'default model',
      configuration(`${model} needs ${variable}: set it, or OPENAI_MODEL to another model.`),
    ),
  ];
}

async function checkOwnStreams(
  server: RunningServer | undefined,
  token: string | undefined,
  { replyMs }: TimeLimits,
): Promise<Finding> {
  if (server === undefined) {
    return skipped('streams', 'no server runs here; `-- --url https://…` measures one through its proxy');
  }
  return checkStream({ url: server.url, upstream: server.health.upstream, token }, replyMs);
}

import { clock } from './common/clock';
import type { LocalServices } from './local-services';
import { SIBLING_NAMES } from './config/providers';
import type { Settings } from './config/settings';
import { daysUntilShutdown, findModel } from './models/catalogue';
import { isSimulated, WARN_DAYS_BEFORE_SHUTDOWN } from './models/default-model-check';

const DEFAULT_REDIS_PORT = 6379;

/** What a person who starts the server wants to know: where it is, what it stands on, how to make each part real. */
export function startReport(
  { settings, databaseFolder }: LocalServices,
  url: string,
  unreadVariables: readonly string[] = [],
  now = clock.now(),
): string {
  const database =
    databaseFolder === undefined
      ? `${describeDatabase(settings.database.url!)}  (DATABASE_URL)`
      : 'embedded Postgres  (set DATABASE_URL for your own)';
  const upstream = {
    openai: `OpenAI${describeBase(settings.openai.baseUrl)}, model ${settings.defaultModel}  (OPENAI_API_KEY)`,
    simulator: 'offline simulator, no real model  (set OPENAI_API_KEY for OpenAI)',
    not_configured: 'none: chat answers 500 until OPENAI_API_KEY is set',
  }[settings.upstream];
  const lines = [
    ['Keyturn', url],
    ['docs', `${url}/docs`],
    ['database', database],
    ['upstream', `${upstream}${describeSiblings(settings)}`],
    ['limits', describeLimits(settings)],
    ['data', `${databaseFolder ?? settings.dataDirectory}  (set DATA_DIR)`],
    ...shutdownWarning(settings, now),
    ...(unreadVariables.length === 0
      ? []
      : [['warning', `.env names ${unreadVariables.join(', ')}: not read by this version`]]),
  ];
  return toText(lines);
}

/** Warnings about the default model, found after the report was printed, in the report's form. */
export function reportWarnings(warnings: readonly string[]): string {
  return toText(warnings.map((text) => ['warning', text]));
}

function toText(lines: readonly string[][]): string {
  return lines.map(([label, text]) => `  ${label!.padEnd(10)}${text}\n`).join('');
}

function describeSiblings({ siblings }: Settings): string {
  const names = SIBLING_NAMES.filter((name) => siblings[name] !== undefined);
  return names.length === 0 ? '' : `; ${names.join(', ')} by the model’s name`;
}

/** Of Redis host and port only: the rest of the URL holds a password. */
function describeLimits({ limits: { requestsPerMinute, requestsPerHour }, redisUrl }: Settings): string {
  const rates = [
    ...(requestsPerMinute > 0 ? [`${requestsPerMinute} chat requests a minute`] : []),
    ...(requestsPerHour > 0 ? [`${requestsPerHour} an hour`] : []),
  ];
  const most = rates.length === 0 ? 'no limit of chat requests' : `${rates.join(', ')} and user`;
  if (redisUrl === undefined) return `in memory, ${most}  (set RATE_LIMIT_PER_MINUTE; REDIS_URL to share)`;
  const { hostname, port } = new URL(redisUrl);
  return `in Redis at ${hostname}:${port || DEFAULT_REDIS_PORT}, ${most}  (REDIS_URL)`;
}

/** Host and database only: the rest of the URL holds a password. */
function describeDatabase(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `Postgres at ${host}${pathname}`;
}

/** Without user, password and query, which can hold a key. */
function describeBase(baseUrl: string | undefined): string {
  if (baseUrl === undefined) return '';
  const { origin, pathname } = new URL(baseUrl);
  return ` at ${origin}${pathname}`;
}

/** Without a real model behind its name nothing ends. */
function shutdownWarning(settings: Settings, now: Date): string[][] {
  if (isSimulated(settings)) return [];
  const { defaultModel: model } = settings;
  const days = daysUntilShutdown(model, now);
  if (days === undefined || days > WARN_DAYS_BEFORE_SHUTDOWN) return [];
  const { shutdownDate, replacement } = findModel(model)!;
  const next = replacement === undefined ? '' : `; calls then go to ${replacement}`;
  return [['warning', `OPENAI_MODEL ${model} ${days > 0 ? 'ends' : 'ended'} on ${shutdownDate}${next}`]];
}

import { clock } from '../common/clock';
import type { Settings } from '../config/settings';
import { daysUntil, findModel, providerOf, resolveModel } from './catalogue';
import { modelListRequest, readModelList } from './model-list';
import { accessFor, type ProviderAccess, providerAccesses } from './provider-access';

const READ_TIMEOUT_MS = 2000;
export const WARN_DAYS_BEFORE_SHUTDOWN = 60;

/**
 * What the provider's own list of models says against the default, for a start to tell once it runs. A provider that
 * cannot be read says nothing: the start neither waits for it nor fails with it.
 */
export async function defaultModelWarnings(settings: Settings, now = clock.now()): Promise<string[]> {
  const { name } = resolveModel(settings.defaultModel, now);
  const access = accessFor(name, providerAccesses(settings));
  return access === undefined ? [] : checkListed(name, access, now);
}

/** Whether the simulator answers for the default model: no provider can end it. */
export function isSimulated({ upstream, defaultModel }: Settings): boolean {
  return upstream === 'simulator' && (providerOf(defaultModel) ?? 'openai') === 'openai';
}

/** @param timeoutMs for the whole answer */
export async function checkListed(
  model: string,
  access: ProviderAccess,
  now: Date,
  timeoutMs = READ_TIMEOUT_MS,
): Promise<string[]> {
  const { url, headers } = modelListRequest(access);
  try {
    const response = await fetch(url, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const listed = response.ok ? (readModelList(await response.json()) ?? []) : [];
    if (listed.length === 0) return [];
    const found = listed.find(({ id }) => id === model);
    if (found === undefined) {
      return [`the key may not use the default model ${model}: set OPENAI_MODEL to one it may use`];
    }
    return warnOfDay(model, found.shutdownDate, now);
  } catch {
    return [];
  }
}

/** The catalogue's own day is in the start report already. */
function warnOfDay(model: string, shutdownDate: string | undefined, now: Date): string[] {
  if (shutdownDate === undefined || shutdownDate === findModel(model)?.shutdownDate) return [];
  if (daysUntil(shutdownDate, now) > WARN_DAYS_BEFORE_SHUTDOWN) return [];
  return [`the provider ends the default model ${model} on ${shutdownDate}: set OPENAI_MODEL to another`];
}

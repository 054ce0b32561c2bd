import type { ProviderName } from '../config/providers';
import { isOwnAddress, type ProviderAccess } from '../models/provider-access';
import type { Target } from './connection-faults';
import type { ProviderTarget } from './provider-faults';

const LABELS: Record<ProviderName, string> = { openai: 'OpenAI', gemini: 'Gemini', anthropic: 'Anthropic' };

/** What is said of a provider: its host alone, for its URL and headers can hold a secret. */
export function describeProvider(access: ProviderAccess, model?: string): ProviderTarget & Target {
  const prefix = access.name.toUpperCase();
  const urlVariable = isOwnAddress(access) ? undefined : `${prefix}_BASE_URL`;
  return {
    label: LABELS[access.name],
    host: new URL(access.baseUrl).host,
    keyVariable: `${prefix}_API_KEY`,
    urlVariable,
    setBy: urlVariable,
    model,
  };
}

import { randomUUID } from 'node:crypto';
import { addressBelow, authorization, isOwnAddress, type ProviderAccess } from './provider-access';

/** A model as its provider lists it to the key. */
export interface ListedModel {
  id: string;
  /** The provider's own word for its last day, YYYY-MM-DD; OpenAI gives it. */
  shutdownDate?: string;
}

export interface ModelListRequest {
  url: string;
  headers: Record<string, string>;
}

/** The request for the models a key may use: it costs nothing. */
export function modelListRequest(access: ProviderAccess): ModelListRequest {
  const called = { 'x-client-request-id': randomUUID() };
  if (access.name === 'anthropic' && isOwnAddress(access)) {
    // Anthropic's list is not part of its OpenAI-compatible endpoint: it has another header, and pages.
    return {
      url: addressBelow(access, '/models?limit=1000'),
      headers: { ...called, 'x-api-key': access.apiKey, 'anthropic-version': '2023-06-01' },
    };
  }
  return { url: addressBelow(access, '/models'), headers: { ...called, ...authorization(access) } };
}

/** undefined where the answer is no list of models. */
export function readModelList(body: unknown): ListedModel[] | undefined {
  const data = (body as { data?: unknown } | null | undefined)?.data;
  if (!Array.isArray(data)) return undefined;
  return data.flatMap((item: unknown) => {
    const { id, shutdown_date: day } = (item ?? {}) as { id?: unknown; shutdown_date?: unknown };
    if (typeof id !== 'string') return [];
    const hasDay = typeof day === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(day);
    // Gemini lists resource names: `models/gemini-…`.
    return [{ id: id.replace(/^models\//, ''), ...(hasDay ? { shutdownDate: day } : {}) }];
  });
}

import { type ProviderName, SIBLING_NAMES, SIBLING_PROVIDERS } from '../config/providers';
import type { Settings } from '../config/settings';
import { providerOf } from './catalogue';

export const OPENAI_BASE_URL = 'https://api.openai.com/v1';

/** Where a provider's API is, and who asks. */
export interface ProviderAccess {
  name: ProviderName;
  /** With its version path, such as `https://api.openai.com/v1`. */
  baseUrl: string;
  apiKey: string;
  organization?: string;
  project?: string;
}

/** The real providers whose key is set; the simulator is none. */
export function providerAccesses({ openai, upstream, siblings }: Settings): ProviderAccess[] {
  const { apiKey, baseUrl = OPENAI_BASE_URL, organization, project } = openai;
  const own: ProviderAccess[] =
    upstream === 'openai' && apiKey !== undefined
      ? [{ name: 'openai', baseUrl, apiKey, organization, project }]
      : [];
  return [
    ...own,
    ...SIBLING_NAMES.flatMap((name) => {
      const sibling = siblings[name];
      return sibling === undefined ? [] : [{ name, ...sibling }];
    }),
  ];
}

/** Who of these serves a model: by its name, and what no name tells is OpenAI's. */
export function accessFor(model: string, accesses: readonly ProviderAccess[]): ProviderAccess | undefined {
  const provider = providerOf(model) ?? 'openai';
  return accesses.find(({ name }) => name === provider);
}

/** Whether it is asked at its own address, and not at one that the operator has set. */
export function isOwnAddress({ name, baseUrl }: ProviderAccess): boolean {
  return baseUrl === (name === 'openai' ? OPENAI_BASE_URL : SIBLING_PROVIDERS[name].baseUrl);
}

/** A path below the base URL, whose own query and user name are no part of it. */
export function addressBelow({ baseUrl }: ProviderAccess, path: string): string {
  const { origin, pathname } = new URL(baseUrl);
  return `${origin}${pathname.replace(/\/$/, '')}${path}`;
}

export function authorization({ apiKey, organization, project }: ProviderAccess): Record<string, string> {
  return {
    authorization: `Bearer ${apiKey}`,
    ...(organization === undefined ? {} : { 'openai-organization': organization }),
    ...(project === undefined ? {} : { 'openai-project': project }),
  };
}

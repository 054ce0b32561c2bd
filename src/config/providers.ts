/** A provider beside OpenAI, reached through its OpenAI-compatible endpoint. It exists where its key is set. */
export interface SiblingProvider {
  /** The API's address where `NAME_BASE_URL` names no other. */
  readonly baseUrl: string;
  /** What the names of its models begin with, for those the catalogue does not know. */
  readonly modelPrefix: string;
  /** What the provider is asked for where the client names no model. */
  readonly defaultModel: string;
}

/**
 * Every provider but OpenAI. An entry here makes its variables `NAME_API_KEY` and `NAME_BASE_URL`, its route
 * `/api/chat-name`, and lets its models be asked for by name.
 */
export const SIBLING_PROVIDERS = {
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    modelPrefix: 'gemini-',
    defaultModel: 'gemini-3.8-flash',
  },
  anthropic: {
    baseUrl: 'https://api.anthropic.com/v1',
    modelPrefix: 'claude-',
    defaultModel: 'claude-sonnet-5-5',
  },
} as const satisfies Record<string, SiblingProvider>;

export type SiblingName = keyof typeof SIBLING_PROVIDERS;
export type ProviderName = 'openai' | SiblingName;

export const SIBLING_NAMES = Object.keys(SIBLING_PROVIDERS) as SiblingName[];

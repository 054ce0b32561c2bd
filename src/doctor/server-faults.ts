import type { ErrorCode } from '../common/app-error';
import type { Diagnosis } from './finding';

/** What a Keyturn's own refusal of a stream means for whoever runs it. */
const MEANINGS: Partial<Record<ErrorCode, Diagnosis>> = {
  unauthorized: {
    matter: 'configuration',
    text: 'it does not accept the token: pass a valid one by --token-file.',
  },
  forbidden: {
    matter: 'configuration',
    text: 'the token may not chat: pass one with the scope chat or proxy.',
  },
  not_found: {
    matter: 'configuration',
    text: 'it has no /api/chat/stream: correct --url, or let the proxy pass that path on.',
  },
  rate_limited: {
    matter: 'configuration',
    text: 'it allows no more requests now: wait a minute and run this again.',
  },
  quota_exceeded: {
    matter: 'configuration',
    text: 'the token’s user has used up the budget: pass another user’s.',
  },
  too_many_streams: {
    matter: 'configuration',
    text: 'the token’s user has too many open streams: close some.',
  },
  insufficient_quota: {
    matter: 'account',
    text: 'the provider’s account is out of money (insufficient_quota): add credit there; the server is fine.',
  },
  upstream_not_configured: { matter: 'configuration', text: 'it has no provider: set OPENAI_API_KEY there.' },
  upstream_auth_failed: {
    matter: 'configuration',
    text: 'the provider does not accept its key: correct OPENAI_API_KEY there.',
  },
  upstream_unavailable: {
    matter: 'network',
    text: 'it cannot reach the provider: run the doctor on that machine.',
  },
  upstream_timeout: {
    matter: 'provider',
    text: 'the provider does not answer in time: look at its status page.',
  },
  upstream_error: {
    matter: 'provider',
    text: 'the provider fails: look at its status page and run this again.',
  },
  upstream_invalid_response: {
    matter: 'provider',
    text: 'the provider’s answer makes no sense: look at its status page.',
  },
  database_unavailable: {
    matter: 'configuration',
    text: 'it cannot reach its database: run the doctor there.',
  },
  shutting_down: { matter: 'configuration', text: 'it is stopping: run this again once it is up.' },
};

/** @param body the JSON of the answer, undefined where there is none */
export function explainServerError(status: number, body: unknown): Diagnosis {
  const { code } = (body ?? {}) as { code?: unknown };
  const meaning =
    typeof code === 'string' && Object.hasOwn(MEANINGS, code) ? MEANINGS[code as ErrorCode] : undefined;
  if (meaning !== undefined) return meaning;
  if (typeof code !== 'string') {
    return {
      matter: 'configuration',
      text: `what answers is no Keyturn (${status}): correct --url, or the proxy that stands before it.`,
    };
  }
  return {
    matter: 'code',
    text: `it refuses a plain stream (${status}): look for the request in its log and report it.`,
  };
}

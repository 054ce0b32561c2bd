import type { Diagnosis } from './finding';
import { errorMessage, errorWords, hasError } from './wire-error';

export interface ProviderTarget {
  /** The provider's name, as people write it. */
  label: string;
  host: string;
  keyVariable: string;
  /** undefined: asked at the provider's own address. */
  urlVariable?: string;
  /** undefined: no model was asked. */
  model?: string;
}

export interface Refusal {
  status: number;
  /** undefined: no JSON. */
  body: unknown;
}

interface Told {
  status: number;
  has: (...words: string[]) => boolean;
  isJson: boolean;
  isEmptyAccount: boolean;
  isUnknownModel: boolean;
}

interface Rule {
  applies: (told: Told) => boolean;
  explain: (target: ProviderTarget, status: number) => Diagnosis;
}

/** The first that applies counts: an empty account comes as 429, 402 or 400, a bad key as 401 or 400. */
const RULES: readonly Rule[] = [
  {
    applies: ({ isEmptyAccount }) => isEmptyAccount,
    explain: ({ label, keyVariable }) => ({
      matter: 'account',
      text: `the account behind ${keyVariable} is out of money (insufficient_quota): add credit or raise its limit at ${label}; the key and this server are fine.`,
    }),
  },
  {
    applies: ({ has }) => has('billing_not_active', 'billing_hard_limit_reached', 'account_deactivated'),
    explain: ({ label, keyVariable }) => ({
      matter: 'account',
      text: `the account behind ${keyVariable} is not active: put its billing in order at ${label}.`,
    }),
  },
  { applies: ({ isJson, status }) => !isJson && status < 500, explain: explainStranger },
  {
    applies: ({ has }) =>
      has('mismatched_organization', 'mismatched_project', 'invalid_organization', 'invalid_project'),
    explain: () => ({
      matter: 'configuration',
      text: 'the key does not belong to OPENAI_ORG or OPENAI_PROJECT: correct or unset them.',
    }),
  },
  {
    applies: ({ status, has }) =>
      status === 401 || has('API_KEY_INVALID', 'invalid_api_key', 'authentication_error'),
    explain: ({ label, keyVariable }) => ({
      matter: 'configuration',
      text: `${label} does not accept the key in ${keyVariable}: put a valid one there.`,
    }),
  },
  {
    applies: ({ has }) => has('unsupported_country_region_territory'),
    explain: ({ label }) => ({
      matter: 'provider',
      text: `${label} does not serve the country this machine asks from: run the server where it does.`,
    }),
  },
  {
    applies: ({ status, isUnknownModel }) => status === 403 && isUnknownModel,
    explain: ({ label, model }) => ({
      matter: 'account',
      text: `the account may not use ${model}: ask for access at ${label}, or set OPENAI_MODEL to another.`,
    }),
  },
  {
    applies: ({ status }) => status === 403,
    explain: ({ label, keyVariable }) => ({
      matter: 'account',
      text: `the key in ${keyVariable} lacks a permission: give it that at ${label}.`,
    }),
  },
  {
    applies: ({ isUnknownModel }) => isUnknownModel,
    explain: ({ host, model }) => ({
      matter: 'configuration',
      text: `${host} has no model ${model} for this key: set OPENAI_MODEL to one it may use.`,
    }),
  },
  {
    applies: ({ status }) => status === 429,
    explain: ({ label }) => ({
      matter: 'account',
      text: `the account is at its rate limit: wait a minute and run this again, or have the limit raised at ${label}.`,
    }),
  },
  {
    applies: ({ status }) => status === 408 || status >= 500,
    explain: ({ label, host }, status) => ({
      matter: 'provider',
      text: `${label} fails (${status} from ${host}): nothing here is wrong; look at its status page and run this again.`,
    }),
  },
  { applies: ({ status }) => status === 404 || status < 400, explain: explainStranger },
];

/** Why a provider’s answer is not what was asked for. */
export function explainRefusal(refusal: Refusal, target: ProviderTarget): Diagnosis {
  const told = understand(refusal, target);
  const rule = RULES.find(({ applies }) => applies(told));
  if (rule !== undefined) return rule.explain(target, refusal.status);
  const { label, host, urlVariable } = target;
  return urlVariable === undefined
    ? {
        matter: 'code',
        text: `${label} does not take Keyturn’s own request (${refusal.status}): report this as a fault of Keyturn.`,
      }
    : {
        matter: 'provider',
        text: `${host} does not take what OpenAI takes (${refusal.status}): see its log.`,
      };
}

function understand({ status, body }: Refusal, { model }: ProviderTarget): Told {
  const words = errorWords(body);
  const has = (...known: string[]): boolean => known.some((word) => words.has(word));
  // Anthropic tells an empty account by a sentence alone.
  const saysEmpty = status === 400 && /credit balance is too low/i.test(errorMessage(body));
  const isNotFound = has('model_not_found') || (status === 404 && hasError(body) && !has('unknown_url'));
  return {
    status,
    has,
    isJson: body !== undefined,
    isEmptyAccount: status === 402 || saysEmpty || has('insufficient_quota', 'billing_error'),
    isUnknownModel: model !== undefined && isNotFound,
  };
}

/** What answers is not the API that was asked for. */
function explainStranger({ label, host, urlVariable }: ProviderTarget, status: number): Diagnosis {
  return urlVariable === undefined
    ? {
        matter: 'network',
        text: `something in between answers in ${label}’s place (${status}): let this machine reach ${host} itself.`,
      }
    : {
        matter: 'configuration',
        text: `what answers at ${host} is no OpenAI API (${status}): correct ${urlVariable}, which ends in /v1 as a rule.`,
      };
}

import type { Diagnosis } from './finding';
import { type ProviderFault, readErrorBody } from '../models/provider-error-body';
import { type FaultKind, kindOfFault } from '../models/provider-fault-kinds';

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
  /** undefined: about the request, or a failure of the provider. */
  kind: FaultKind | undefined;
  isJson: boolean;
  isUnknownModel: boolean;
}

interface Rule {
  applies: (told: Told) => boolean;
  explain: (target: ProviderTarget, status: number) => Diagnosis;
}

/** The first that applies counts: an empty account comes as 429, 402 or 400, a bad key as 401 or 400. */
const RULES: readonly Rule[] = [
  {
    applies: ({ kind }) => kind === 'empty_account',
    explain: ({ label, keyVariable }) => ({
      matter: 'account',
      text: `the account behind ${keyVariable} is out of money (insufficient_quota): add credit or raise its limit at ${label}; the key and this server are fine.`,
    }),
  },
  {
    applies: ({ kind }) => kind === 'inactive_billing' || kind === 'closed_account',
    explain: ({ label, keyVariable }) => ({
      matter: 'account',
      text: `the account behind ${keyVariable} is not active: put its billing in order at ${label}.`,
    }),
  },
  { applies: ({ isJson, status }) => !isJson && status < 500, explain: explainStranger },
  {
    applies: ({ kind }) => kind === 'wrong_organization',
    explain: () => ({
      matter: 'configuration',
      text: 'the key does not belong to OPENAI_ORG or OPENAI_PROJECT: correct or unset them.',
    }),
  },
  {
    applies: ({ kind }) => kind === 'bad_key',
    explain: ({ label, keyVariable }) => ({
      matter: 'configuration',
      text: `${label} does not accept the key in ${keyVariable}: put a valid one there.`,
    }),
  },
  {
    applies: ({ kind }) => kind === 'unserved_region',
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
    applies: ({ kind }) => kind === 'no_permission',
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
    applies: ({ kind }) => kind === 'rate_limit',
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
  const fault = readErrorBody(body);
  return {
    status,
    kind: kindOfFault(fault, status),
    isJson: body !== undefined,
    isUnknownModel: model !== undefined && isNotFound(fault, status),
  };
}

/** Whether the API itself answered that something is missing. */
function isNotFound({ words, message }: ProviderFault, status: number): boolean {
  if (words.has('model_not_found')) return true;
  // A web framework's own answer to a path that it does not know.
  const isStranger = message === undefined || /^not found\.?$/i.test(message) || words.has('unknown_url');
  return status === 404 && !isStranger;
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

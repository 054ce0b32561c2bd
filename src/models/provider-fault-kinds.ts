import type { ProviderFault } from './provider-error-body';

/** What an error of a provider means for the one who runs the server. */
export type FaultKind =
  | 'unserved_region'
  | 'empty_account'
  | 'inactive_billing'
  | 'closed_account'
  | 'wrong_organization'
  | 'bad_key'
  | 'no_permission'
  | 'rate_limit';

interface FaultSigns {
  kind: FaultKind;
  statuses?: readonly number[];
  /** Codes, types, statuses and reasons, in lower case. */
  words?: readonly string[];
  says?: RegExp;
  /** With this word the sentence means something else. */
  unlessWord?: string;
}

/** The first row that applies counts. A row is one sign of one provider, or of many. */
const SIGNS: readonly FaultSigns[] = [
  {
    kind: 'unserved_region',
    words: ['unsupported_country_region_territory'],
    says: /user location is not supported|not available in your (?:country|region)|country, region,? or territory not supported/i,
  },
  {
    kind: 'empty_account',
    statuses: [402],
    words: [
      // OpenAI
      'insufficient_quota',
      'billing_hard_limit_reached',
      // Anthropic
      'billing_error',
      // Moonshot
      'exceeded_current_quota_error',
      // Together
      'credit_limit',
      // xAI
      'personal-team-blocked:spending-limit',
      // Groq
      'blocked_api_access',
      // LiteLLM
      'budget_exceeded',
      // DashScope, Volcengine, Novita
      'arrearage',
      'accountoverdueerror',
      'not_enough_balance',
      // several gateways
      'insufficient_balance',
      'insufficient_credits',
      'insufficient_funds',
      'payment_required',
    ],
  },
  {
    kind: 'empty_account',
    says: /\b(?:insufficient|not enough) (?:account )?(?:balance|credits?|funds|quota)\b|\bbalance is (?:insufficient|too low|negative)\b|余额不足|欠费/i,
  },
  {
    kind: 'empty_account',
    says: /\b(?:used all|run out of|out of|doesn.t have any|do not have any|exceeded your monthly) (?:\w+ ){0,2}credits\b|\bcredits? (?:are|is|have been|limit) (?:depleted|exhausted|used up|exceeded)\b/i,
  },
  {
    kind: 'empty_account',
    says: /\b(?:spend(?:ing)?|billing(?: hard)?) (?:limit|cap)\b|\breached your specified api usage limits\b|\boverdue balance\b|\bpast invoices\b|\baccount is in good standing\b/i,
  },
  // Gemini says this of every rate limit.
  { kind: 'empty_account', says: /\bexceeded your current quota\b/i, unlessWord: 'resource_exhausted' },
  {
    kind: 'inactive_billing',
    words: ['billing_not_active', 'billing_disabled'],
    says: /\bbilling (?:to be enabled|is not active|is not enabled|is disabled)\b/i,
  },
  {
    kind: 'closed_account',
    words: ['account_deactivated', 'organization_restricted', 'account_suspended'],
    says: /\b(?:account|organi[sz]ation|workspace|team)(?: \S+){0,2} (?:has been|is) (?:deactivated|disabled|restricted|suspended|terminated)\b/i,
  },
  {
    kind: 'wrong_organization',
    words: ['mismatched_organization', 'mismatched_project', 'invalid_organization', 'invalid_project'],
  },
  {
    kind: 'bad_key',
    statuses: [401],
    words: [
      'invalid_api_key',
      'authentication_error',
      'invalid_authentication_error',
      // Google
      'api_key_invalid',
      'unauthenticated',
    ],
    says: /\bincorrect api key\b|\bapi key (?:not valid|is not valid|is invalid|expired|has expired|was reported as leaked)\b|\binvalid (?:api|subscription|proxy server) (?:key|token)\b/i,
  },
  { kind: 'no_permission', statuses: [403], words: ['permission_error', 'permission_denied'] },
  {
    kind: 'rate_limit',
    statuses: [429],
    words: ['rate_limit_exceeded', 'rate_limit_error', 'rate_limit_reached_error', 'resource_exhausted'],
  },
];

/**
 * What an error means, by its status, its words and its sentence.
 * @returns undefined where it is about the request, or a failure of the provider
 */
export function kindOfFault(fault: ProviderFault, status: number | undefined): FaultKind | undefined {
  return SIGNS.find((signs) => hasSign(signs, fault, status))?.kind;
}

function hasSign(signs: FaultSigns, { words, message }: ProviderFault, status: number | undefined): boolean {
  if (status !== undefined && signs.statuses?.includes(status) === true) return true;
  if (signs.words?.some((word) => words.has(word)) === true) return true;
  if (signs.unlessWord !== undefined && words.has(signs.unlessWord)) return false;
  return message !== undefined && signs.says?.test(message) === true;
}

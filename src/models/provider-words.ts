import { toStorable } from '../common/storable-text';
import type { ProviderFault } from './provider-error-body';

const MAX_MESSAGE_CHARACTERS = 500;
const MAX_CODE_CHARACTERS = 100;
const MAX_PARAM_CHARACTERS = 200;

/**
 * A sentence about the operator's account at the provider is not passed on: neither its names nor its state are a
 * client's business. The code, the field and the status still are. Quoted words of the request do not count.
 */
const ABOUT_THE_ACCOUNT: readonly RegExp[] = [
  // "Your organization must be verified to stream this model."
  /\byour (?:[\w-]+ ){0,3}(?:account|organi[sz]ation|org|project|team|workspace|plan|tier|subscription|billing|credits?|balance|quota|(?:api )?keys?|deployment|resource|data policy|privacy|guardrails?)\b/i,
  // "Project proj_x does not have access to model gpt-5."
  /\b(?:organi[sz]ation|project|team|workspace|account|subscription|tenant)s?(?: \S+)? (?:must be|has been|ha(?:s|ve) no|has not|do(?:es)? ?n[o']t|is not|are not)\b/i,
  // "… in organization org_x service tier on_demand …"
  /\b(?:in|for|of|on|by) (?:(?:this|the|an?) )?(?:organi[sz]ation|project|team|workspace|account|subscription|tenant)\b/i,
  // "The model does not exist or you do not have access to it."
  /\b(?:not|n.t) have (?:access|permission)\b|\bunable to access\b|\bnot (?:authorized|allowed|permitted|entitled) to (?:use|access|call|sample)\b|\brequest access\b/i,
  /\b(?:must|needs? to|has to) be verified\b|\bverify (?:\w+ )?organi[sz]ation\b|\borg(?:ani[sz]ation)? admin\b/i,
  // "API key" as a phrase; a field of the request has another spelling.
  /\bAPI keys?\b|\bdeployment for this resource\b|\bdedicated endpoint\b/i,
  /\bbilling\b|\bquota\b|\bcredits\b|\bpayment method\b|\bpurchase (?:more|additional|credits)\b|\bspend(?:ing)? limit\b/i,
  /\bupgrade (?:to|your)\b|\b(?:free|paid|service|usage|dev) (?:tier|plan)\b|\bcontact (?:sales|support)\b/i,
  /\brate limits?\b|\b(?:tokens|requests) per (?:min(?:ute)?|hour|day)\b|\b[TR]P[MD]\b/,
  // A page of the operator's settings; documentation may be shown.
  /\bhttps?:\/\/(?!\S*\/docs\b)\S*\b(?:settings|billing|accounts?|console|dashboard|organizations?|api-keys?|usage|limits|privacy)\b/i,
  // Names of resources in clouds.
  /\bprojects\/[\w-]+\/|\bsubscriptions\/[\w-]+\/|\barn:aws[\w-]*:/i,
];

interface OwnWords {
  words?: readonly string[];
  status?: number;
  text: string;
}

/** What stands in the place of a sentence that is missing or not passed on. The first row that applies counts. */
const OWN_WORDS: readonly OwnWords[] = [
  {
    words: ['model_not_found', 'model_not_available', 'deploymentnotfound', 'model_terms_required'],
    text: 'The model does not exist or is not available here.',
  },
  { status: 404, text: 'The provider does not have what the request names.' },
  { status: 413, text: 'The request is too large for the model’s provider.' },
];
const REJECTED = 'The provider rejected the request.';

/** What a client may read of an error about its request. */
export function clientMessage({ message, words }: ProviderFault, status: number): string {
  if (message !== undefined && !isAboutTheAccount(message)) return cleanMessage(message);
  const own = OWN_WORDS.find((row) => row.status === status || row.words?.some((word) => words.has(word)));
  return own?.text ?? REJECTED;
}

export const cleanCode = (code: string): string => cut(withoutIds(code), MAX_CODE_CHARACTERS);

export const cleanParam = (param: string): string => cut(withoutIds(param), MAX_PARAM_CHARACTERS);

/** A provider's words about the request, without anything that looks like a key, organisation or project id. */
export function cleanMessage(text: string): string {
  return cut(withoutIds(text), MAX_MESSAGE_CHARACTERS);
}

function isAboutTheAccount(message: string): boolean {
  const unquoted = message.replaceAll(/`[^`\s]{1,200}`|"[^"\s]{1,200}"|(?<!\w)'[^'\s]{1,200}'(?!\w)/g, '…');
  // Names of resources count within quotes too.
  return (
    ABOUT_THE_ACCOUNT.some((pattern) => pattern.test(unquoted)) || ABOUT_THE_ACCOUNT.at(-1)!.test(message)
  );
}

function withoutIds(text: string): string {
  return (
    text
      .replaceAll(/\b(?:sk|pk|rk|sess|kt|ktr|org|proj)[-_][\w*.-]{3,}/gi, '[removed]')
      // Keys of other providers are long; their short beginnings are words too.
      .replaceAll(/\b(?:ak|gsk|xai|pplx|hf|nvapi|r8|fw|csk|tgp)[-_][\w-]{16,}/gi, '[removed]')
      // An id has digits or is long; "user_id" and "user-supplied" are words.
      .replaceAll(/\buser[-_](?=[\w-]*\d|[\w-]{16})[\w*.-]+/gi, '[removed]')
      .replaceAll(/\bAIza[\w-]{10,}/g, '[removed]')
      .replaceAll(/\bAKIA[0-9A-Z]{16}\b/g, '[removed]')
      .replaceAll(/\beyJ[\w-]{8,}\.[\w.-]+/g, '[removed]')
      .replaceAll(/\bBearer\s+\S+/gi, '[removed]')
  );
}

/** A provider's words are kept with the turn they ended, so they must also be fit to be stored. */
const cut = (text: string, longest: number): string => toStorable(text.slice(0, longest));

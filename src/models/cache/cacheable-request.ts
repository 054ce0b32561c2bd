import { areClientsTools } from '../clients-tools';
import { pointsElsewhere } from '../pointers';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a request may say for its answer to be kept, which depends on nothing then but its bytes. Of a field that is not
 * here nobody knows: it may have the provider search the web, go on from what it keeps, or keep what it says.
 */
const KNOWN_FIELDS = new Set([
  'model',
  'messages',
  'input',
  'instructions',
  'temperature',
  'top_p',
  'seed',
  'n',
  'stop',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'reasoning',
  'reasoning_effort',
  'verbosity',
  'response_format',
  'text',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'stream',
  'stream_options',
  'dimensions',
  'encoding_format',
  'truncation',
  'service_tier',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
]);

const TEMPERATURE = Buffer.from('"temperature"');

/**
 * Whether the same bytes get the same answer each time, and leave nothing at the provider.
 * @param body JSON as it goes out
 */
export function isCacheable(path: string, body: Buffer): boolean {
  switch (path) {
    case '/embeddings':
      return hasKnownFieldsOnly(parse(body));
    case '/chat/completions':
      return body.includes(TEMPERATURE) && isDeterministic(parse(body));
    case '/responses':
      return body.includes(TEMPERATURE) && isUnstored(parse(body));
    default:
      return false;
  }
}

function isUnstored(fields: Fields): boolean {
  return fields.store === false && isDeterministic(fields);
}

function isDeterministic(fields: Fields): boolean {
  const { temperature, n, tools } = fields;
  return (
    temperature === 0 &&
    (n ?? 1) === 1 &&
    areClientsTools(tools) &&
    hasKnownFieldsOnly(fields) &&
    !pointsElsewhere(fields)
  );
}

/** One that is null or false says nothing. */
function hasKnownFieldsOnly(fields: Fields): boolean {
  return Object.entries(fields).every(
    ([name, value]) => KNOWN_FIELDS.has(name) || value === null || value === false,
  );
}

const parse = (body: Buffer): Fields => JSON.parse(body.toString('utf8')) as Fields;

import { type ErrorCode, ERROR_STATUS } from '../common/app-error';
import { isOpenAiPath } from '../common/openai-error-body';
import { PROVIDER_FAILURES } from '../common/may-fail-with.decorator';
import { HEADERS } from './headers';
import type { RouteFacts } from './routes';
import type { Json } from './to-openapi-31';

const REQUEST_ID = '/components/headers/X-Request-Id';

/** Any request that is not a probe's. */
const ANYWHERE: ErrorCode[] = ['internal', 'database_unavailable', 'shutting_down'];
/** A body is read before the route is known, so that every route refuses a bad one. */
const OF_BODIES: ErrorCode[] = [
  'validation_failed',
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'expectation_failed',
  'server_busy',
];
/** A token's issuer may not be reachable, and a key may lack the scope. */
const OF_CALLERS: ErrorCode[] = ['unauthorized', 'forbidden', 'origin_not_allowed', 'upstream_unavailable'];

/** Statuses that a provider's refusal keeps, with the provider's own code. */
const PROVIDER_STATUSES = [400, 404, 413, 422];

/** What a failure is called by its status, where no code says more. */
const TITLES: Record<number, string> = {
  400: 'The request is wrong.',
  401: 'Nobody is signed in.',
  403: 'The caller may not do this.',
  404: 'It is not there.',
  405: 'The path has other methods.',
  409: 'Something stands in the way.',
  410: 'It is too late.',
  412: 'It was changed in the meantime.',
  413: 'The body is too large.',
  415: 'The body has another type.',
  417: 'The request expects what the server cannot do.',
  422: 'The request cannot be processed.',
  429: 'A limit is reached.',
  500: 'The server failed.',
  502: 'The model’s provider failed.',
  503: 'It does not work for now.',
  504: 'The model’s provider took too long.',
};

export interface OperationFacts {
  path: string;
  route: RouteFacts;
  operation: Json;
}

/** The failures of an operation by their status, in components that operations share. */
export function describeFailures(facts: OperationFacts, responses: Json): Json {
  const isOpenAi = isOpenAiPath(facts.path);
  const codes = [...new Set(failuresOf(facts))].map((code) => (isOpenAi ? asOpenAi(code) : ownStatus(code)));
  const keepsProviders = codes.some(([code]) => code === 'upstream_error');
  const byStatus = new Map<number, string[]>();
  for (const [code, status] of codes) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  if (keepsProviders)
    for (const status of PROVIDER_STATUSES) if (!byStatus.has(status)) byStatus.set(status, []);

  return Object.fromEntries(
    [...byStatus].map(([status, own]) => {
      const isOpen = keepsProviders && PROVIDER_STATUSES.includes(status);
      const name = [isOpenAi ? 'OpenAiError' : 'Error', status, ...own, ...(isOpen ? ['provider'] : [])].join(
        '.',
      );
      responses[name] ??= failure({ schema: isOpenAi ? 'OpenAiError' : 'Error', status, codes: own, isOpen });
      return [String(status), { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function failuresOf({ path, route, operation }: OperationFacts): ErrorCode[] {
  const parameters = (operation.parameters ?? []) as { in: string; name: string }[];
  const has = (place: string): boolean => parameters.some((parameter) => parameter.in === place);
  if (isProbe(path)) return route.failures;
  return [
    ...ANYWHERE,
    ...OF_BODIES,
    ...(operation.requestBody !== undefined || has('query') ? (['text_not_storable'] as const) : []),
    ...(route.isPublic ? [] : OF_CALLERS),
    ...(has('path') ? (['not_found'] as const) : []),
    ...(parameters.some(({ name }) => name === 'If-Match') ? (['version_conflict'] as const) : []),
    ...(route.isRateLimited ? (['rate_limited'] as const) : []),
    ...(asksProviderOfOpenAi(path) ? PROVIDER_FAILURES : []),
    ...route.failures,
  ];
}

/** What load balancers and scrapers ask, who send no body and no token of ours. */
const isProbe = (path: string): boolean => /^\/(api\/)?(health|metrics)/.test(path);

/** All under `/v1` but the list of models is the provider's. */
export const asksProviderOfOpenAi = (path: string): boolean =>
  isOpenAiPath(path) && !path.startsWith('/v1/models');

const ownStatus = (code: ErrorCode): [code: string, status: number] => [code, ERROR_STATUS[code]];

/** As `asOpenAiError` has it. */
function asOpenAi(code: ErrorCode): [code: string, status: number] {
  if (code === 'insufficient_quota') return [code, 429];
  if (code === 'model_not_allowed') return ['model_not_found', 404];
  return ownStatus(code);
}

interface Failure {
  schema: 'Error' | 'OpenAiError';
  status: number;
  codes: string[];
  /** Whether a provider's own codes come with this status. */
  isOpen: boolean;
}

function failure({ schema, status, codes, isOpen }: Failure): Json {
  const told = [...codes.map((code) => `\`${code}\``), ...(isOpen ? ['or a provider’s own code'] : [])];
  const base = { $ref: `#/components/schemas/${schema}` };
  return {
    description: `${TITLES[status] ?? 'It was not done.'} ${told.join(', ')}.`,
    headers: {
      'X-Request-Id': { $ref: `#${REQUEST_ID}` },
      ...(status === 401 ? { 'WWW-Authenticate': HEADERS['WWW-Authenticate'] } : {}),
      // Under /v1 an empty account of the provider's is 429, too, and waiting does not fill it.
      ...(status === 429
        ? { 'Retry-After': { ...HEADERS['Retry-After'], required: schema === 'Error' } }
        : {}),
      ...(status === 503 ? { 'Retry-After': HEADERS['Retry-After'] } : {}),
      ...(schema === 'OpenAiError' && status >= 429 ? { 'X-Should-Retry': HEADERS['X-Should-Retry'] } : {}),
    },
    content: {
      'application/json': { schema: isOpen ? base : { allOf: [base, onlyCodes(schema, codes)] } },
    },
  };
}

function onlyCodes(schema: Failure['schema'], codes: string[]): Json {
  const code = { properties: { code: { type: 'string', enum: codes } } };
  return schema === 'Error' ? { type: 'object', ...code } : { type: 'object', properties: { error: code } };
}

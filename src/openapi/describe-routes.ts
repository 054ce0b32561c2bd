import type { OpenAPIObject } from '@nestjs/swagger';
import { isOpenAiPath } from '../common/openai-error-body';
import { asksProviderOfOpenAi, describeFailures, type OperationFacts } from './errors';
import { HEADERS, refersTo } from './headers';
import { type RouteFacts, routeKey } from './routes';
import type { Json } from './to-openapi-31';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const SESSION_SECURITY: Record<string, string[]>[] = [{ bearer: [] }, { session: [] }];
const OPENAI_SECURITY = [...SESSION_SECURITY, { apiKey: [] }, { xApiKey: [] }];

const PARAMETERS = {
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    required: false,
    description:
      'An id for the request, which its answer and the server’s log then have; another form is ignored.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,128}$' },
  },
};

const ID_SCHEMAS = {
  integer: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
  uuid: { type: 'string', format: 'uuid' },
};

/** Writes down what the marks of the routes say: who may ask, how it can fail, which headers come. */
export function describeRoutes(document: OpenAPIObject, routes: ReadonlyMap<string, RouteFacts>): void {
  const components = (document.components ??= {}) as Json;
  components.parameters = { ...(components.parameters as Json | undefined), ...PARAMETERS };
  components.headers = { ...(components.headers as Json | undefined), ...HEADERS };
  const responses = (components.responses ??= {}) as Json;
  document.security = SESSION_SECURITY;
  for (const [path, item] of Object.entries(document.paths) as [string, Json][]) {
    for (const method of METHODS) {
      const operation = item[method] as Json | undefined;
      if (operation === undefined) continue;
      const route = routes.get(routeKey(method, path));
      if (route === undefined) throw new Error(`No controller has ${method} ${path}.`);
      describeIds(operation, route);
      describeSecurity(operation, path, route);
      operation.operationId = nameOf(operation, method, path);
      const facts = { path, route, operation };
      const stated = withHeaders(operation.responses as Json, facts);
      // A provider's success keeps its status, too.
      if (asksProviderOfOpenAi(path) && stated['200'] !== undefined) stated['2XX'] = stated['200'];
      operation.responses = { ...stated, ...describeFailures(facts, responses), ...ownFailures(stated) };
    }
    item.parameters = [{ $ref: '#/components/parameters/RequestId' }];
  }
}

/** What a controller says of a failure itself, such as a probe's 503, stays. */
const ownFailures = (responses: Json): Json =>
  Object.fromEntries(Object.entries(responses).filter(([status]) => !status.startsWith('2')));

/** A route with several paths has a name for each. */
function nameOf({ operationId }: Json, method: string, path: string): string {
  if (!/\[\d+\]$/.test(String(operationId))) return String(operationId);
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

function describeIds({ parameters = [] }: Json, { ids }: RouteFacts): void {
  for (const parameter of parameters as { name: string; in: string; schema?: Json }[]) {
    const kind = parameter.in === 'path' ? ids[parameter.name] : undefined;
    if (kind !== undefined) parameter.schema = ID_SCHEMAS[kind];
  }
}

function describeSecurity(operation: Json, path: string, route: RouteFacts): void {
  if (route.isPublic) {
    // A public route that is marked takes a token without asking for one.
    operation.security = operation.security === undefined ? [] : [{}, ...(operation.security as Json[])];
  } else if (isOpenAiPath(path)) operation.security = OPENAI_SECURITY;
  else if (route.allowsAnonymous) operation.security = [...SESSION_SECURITY, {}];
  else delete operation.security;
}

/** Not written into the answers themselves, which several operations can share. */
function withHeaders(responses: Json, { path, route, operation }: OperationFacts): Json {
  const asksModel =
    route.isRateLimited && operation.requestBody !== undefined && !path.startsWith('/api/auth');
  const common = {
    ...refersTo('X-Request-Id'),
    ...(route.isRateLimited ? refersTo('RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset') : {}),
    ...(route.isRateLimited && isOpenAiPath(path)
      ? refersTo('x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests')
      : {}),
    ...(asksModel ? refersTo('X-Model-Replaced', 'X-Adjusted-Params', 'X-Cache') : {}),
  };
  return Object.fromEntries(
    (Object.entries(responses) as [string, Json][]).map(([status, response]) => [
      status,
      { ...response, headers: { ...(response.headers as Json | undefined), ...common } },
    ]),
  );
}

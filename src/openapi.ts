import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage';
import { IS_OPTIONAL, ValidationTypes } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { ERROR_STATUS } from './common/app-error';
import { SCHEMA_CONVERTERS } from './common/schema-converters';
import { SESSION_COOKIE } from './auth/session-credentials';
import { describeRoutes } from './openapi/describe-routes';
import { findRoutes } from './openapi/routes';
import { toOpenApi31 } from './openapi/to-openapi-31';
import { ToolRegistry } from './tools/tool-registry';
import type { ToolDefinition } from './tools/tool.types';

type Components = NonNullable<OpenAPIObject['components']>;
type Schema = NonNullable<Components['schemas']>[string];
type ObjectSchema = Exclude<Schema, { $ref: string }>;

/** By `identifier`, which the types of 3.0 lack. */
const LICENSE: { name: string; identifier: string } = { name: 'MIT', identifier: 'MIT' };

/** Where OpenAI-compatible clients may put their key besides. */
const KEY_HEADERS = { apiKey: 'api-key', xApiKey: 'x-api-key' };

const ERROR_SCHEMA: ObjectSchema = {
  type: 'object',
  description: 'Every failure, whatever its status.',
  required: ['error', 'message', 'code', 'request_id'],
  properties: {
    error: { type: 'string', description: 'What went wrong, for people.' },
    message: { type: 'string', description: 'The same as `error`.' },
    code: {
      type: 'string',
      description: `What went wrong, for programs: never changes. ${listCodes()}. Or a provider’s own code about what was sent to it.`,
    },
    param: { type: 'string', description: 'The request field that a provider refused.' },
    details: {
      type: 'array',
      description: 'Of `validation_failed`: each fault and where it is.',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: {
          path: { type: 'array', items: { oneOf: [{ type: 'string' }, { type: 'integer' }] } },
          message: { type: 'string' },
        },
      },
    },
    conversation_id: { type: 'integer', description: 'Of an accepted turn that failed.' },
    turn_id: { type: 'string', format: 'uuid', description: 'Of an accepted turn that failed.' },
    request_id: {
      type: 'string',
      description: 'As in `X-Request-Id` and in the server’s log.',
    },
  },
  example: {
    error: 'title must be a string',
    message: 'title must be a string',
    code: 'validation_failed',
    details: [{ path: ['title'], message: 'title must be a string' }],
    request_id: 'c0a8e6f2-5b1d-4c7e-9a53-1f2d3c4b5a69',
  },
};

/** What the SDKs of OpenAI make their typed errors of. */
const OPENAI_ERROR_SCHEMA: ObjectSchema = {
  type: 'object',
  description: 'Every failure under `/v1`, as OpenAI tells it.',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string', description: 'What went wrong, for people.' },
        type: { type: 'string', description: 'What kind of failure it is.' },
        param: { type: 'string', nullable: true, description: 'The request field that is meant.' },
        code: {
          type: 'string',
          description: 'What went wrong, for programs: as elsewhere, or OpenAI’s own.',
        },
      },
    },
  },
};

const TAGS: [name: string, description: string][] = [
  ['auth', 'Accounts and sessions.'],
  ['keys', 'API keys, for programs that cannot sign in.'],
  ['chat', 'Turns of the task agent, completions without a conversation, and the providers’ own streams.'],
  ['turns', 'What became of a turn, and ending one.'],
  ['conversations', 'What was said in the agent’s turns.'],
  ['tasks', 'The user’s tasks.'],
  ['usage', 'What one’s own calls came to, and the limits on them.'],
  ['admin', 'What everybody used, and the limits and keys of others.'],
  ['openai', 'What OpenAI’s SDKs call, with this server as their `baseURL`.'],
  ['health', 'For load balancers and operators.'],
];

function baseDocument(): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setTitle('Keyturn')
    .setDescription(
      'A chat backend that keeps the key, runs the agent’s turns, does the user’s tasks and counts every token. ' +
        'The schemas named `tool.…` are the arguments of the agent’s tools.',
    )
    .setVersion('0.1.0')
    .setContact('The operator of this server', '', '')
    .addServer('/', 'This server')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'An access token, or an API key (`kt_…`).',
    })
    .addApiKey(
      {
        type: 'apiKey',
        in: 'cookie',
        name: SESSION_COOKIE.name,
        description: 'Set by signing in; counts from the server’s own pages and those in `CORS_ORIGINS`.',
      },
      'session',
    );
  builder.addSecurity('metrics', {
    type: 'http',
    scheme: 'bearer',
    description: '`METRICS_TOKEN`, where the operator has set one.',
  });
  for (const [name, header] of Object.entries(KEY_HEADERS)) {
    builder.addApiKey(
      { type: 'apiKey', in: 'header', name: header, description: 'As `bearer`, under `/v1`.' },
      name,
    );
  }
  for (const [name, description] of TAGS) builder.addTag(name, description);
  const document = builder.build();
  document.info.contact = { name: 'The operator of this server' };
  document.info.license = LICENSE;
  return document;
}

/** The API as it is documented: what the controllers say, completed by what guards and validators hold. */
export function describeApi(app: NestExpressApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, baseDocument());
  const components = (document.components ??= {});
  const schemas = (components.schemas ??= {});
  describeRequests(schemas);
  describeTools(schemas, app.get(ToolRegistry).definitions());
  Object.assign(schemas, { Error: ERROR_SCHEMA, OpenAiError: OPENAI_ERROR_SCHEMA });
  describeRoutes(document, findRoutes(app));
  return toOpenApi31(document);
}

/** Swagger UI at /docs, the document at /docs-json. */
export function setUpOpenApi(app: NestExpressApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'docs-json',
    swaggerOptions: { persistAuthorization: true },
  });
}

/** What validates a request says which fields it has and their limits; `@ApiProperty` adds what they mean. */
function describeRequests(schemas: Record<string, Schema>): void {
  const validated = validationMetadatasToSchemas({
    refPointerPrefix: '#/components/schemas/',
    additionalConverters: { ...SCHEMA_CONVERTERS, [ValidationTypes.CONDITIONAL_VALIDATION]: nullIfOptional },
    classTransformerMetadataStorage: defaultMetadataStorage,
  });
  for (const [name, schema] of Object.entries(schemas)) {
    const request = validated[name] as ObjectSchema | undefined;
    if (request === undefined) continue;
    const described = (schema as ObjectSchema).properties ?? {};
    const properties: Record<string, Schema> = {};
    for (const [property, limits] of Object.entries(request.properties ?? {}))
      properties[property] = isChoice(described[property])
        ? { ...described[property], ...('nullable' in limits ? { nullable: true } : {}) }
        : combine(described[property], limits);
    schemas[name] = { ...request, properties, additionalProperties: false };
  }
}

/** What `@IsOptional()` marks may be null, too; `@IsOmittable()` makes the same kind of rule. */
const nullIfOptional = ({ name }: { name?: string }) =>
  name === IS_OPTIONAL ? { nullable: true as boolean } : {};

/** The limits win, in what an item is, too. */
function combine(described: Schema | undefined, limits: Schema): Schema {
  const combined = { ...described, ...limits } as ObjectSchema;
  if (described === undefined || !('items' in described) || !('items' in limits)) return combined;
  return { ...combined, items: { ...described.items, ...limits.items } };
}

/** A validator of one of several shapes knows only that shape. */
const isChoice = (schema: Schema | undefined): boolean => schema !== undefined && 'oneOf' in schema;

/** The very schemas that the model is given. */
function describeTools(schemas: Record<string, Schema>, tools: ToolDefinition[]): void {
  for (const { name, description, parameters } of tools)
    schemas[`tool.${name}`] = { description, ...parameters };
}

function listCodes(): string {
  return Object.entries(ERROR_STATUS)
    .map(([code, status]) => `\`${code}\` (${status})`)
    .join(', ');
}

import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { ERROR_STATUS } from './common/app-error';
import { isOpenAiPath } from './common/openai-error-body';
import { SCHEMA_CONVERTERS } from './common/schema-converters';
import { ToolRegistry } from './tools/tool-registry';
import type { ToolDefinition } from './tools/tool.types';

type Components = NonNullable<OpenAPIObject['components']>;
type Schema = NonNullable<Components['schemas']>[string];
type ObjectSchema = Exclude<Schema, { $ref: string }>;
type ErrorResponse = NonNullable<Components['responses']>[string];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

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

const errorResponse = (schema: string): ErrorResponse => ({
  description: 'What was asked for was not done.',
  headers: {
    'X-Request-Id': { schema: { type: 'string' } },
    'Retry-After': { description: 'Seconds; with every 429.', schema: { type: 'integer' } },
  },
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
});

/** Swagger UI at /docs, the document at /docs-json. */
export function setUpOpenApi(app: NestExpressApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Keyturn')
    .setDescription(
      'A chat backend that keeps the key, runs the agent’s turns, does the user’s tasks and counts every token. ' +
        'The schemas named `tool.…` are the arguments of the agent’s tools.',
    )
    .setVersion('0.1.0')
    .addBearerAuth()
    .build();
  const buildDocument = (): OpenAPIObject => {
    const document = SwaggerModule.createDocument(app, config);
    const schemas = ((document.components ??= {}).schemas ??= {});
    describeRequests(schemas);
    describeTools(schemas, app.get(ToolRegistry).definitions());
    describeErrors(document);
    return document;
  };
  SwaggerModule.setup('docs', app, buildDocument, {
    jsonDocumentUrl: 'docs-json',
    swaggerOptions: { persistAuthorization: true },
  });
}

/** What validates a request says which fields it has and their limits; `@ApiProperty` adds what they mean. */
function describeRequests(schemas: Record<string, Schema>): void {
  const validated = validationMetadatasToSchemas({
    refPointerPrefix: '#/components/schemas/',
    additionalConverters: SCHEMA_CONVERTERS,
    classTransformerMetadataStorage: defaultMetadataStorage,
  });
  for (const [name, schema] of Object.entries(schemas)) {
    const request = validated[name] as ObjectSchema | undefined;
    if (request === undefined) continue;
    const described = (schema as ObjectSchema).properties ?? {};
    const properties: Record<string, Schema> = {};
    for (const [property, limits] of Object.entries(request.properties ?? {}))
      properties[property] = isChoice(described[property])
        ? described[property]!
        : { ...described[property], ...limits };
    schemas[name] = { ...request, properties, additionalProperties: false };
  }
}

/** What validates one of several shapes knows only the one it was told of. */
const isChoice = (schema: Schema | undefined): boolean => schema !== undefined && 'oneOf' in schema;

/** The very schemas that the model is given. */
function describeTools(schemas: Record<string, Schema>, tools: ToolDefinition[]): void {
  for (const { name, description, parameters } of tools)
    schemas[`tool.${name}`] = { description, ...parameters };
}

function describeErrors(document: OpenAPIObject): void {
  const components = (document.components ??= {});
  components.schemas = { ...components.schemas, Error: ERROR_SCHEMA, OpenAiError: OPENAI_ERROR_SCHEMA };
  components.responses = {
    ...components.responses,
    Error: errorResponse('Error'),
    OpenAiError: errorResponse('OpenAiError'),
  };
  for (const [address, path] of Object.entries(document.paths)) {
    const error = isOpenAiPath(address) ? 'OpenAiError' : 'Error';
    for (const { responses } of METHODS.flatMap((method) => path[method] ?? []))
      responses.default = { $ref: `#/components/responses/${error}` };
  }
}

function listCodes(): string {
  return Object.entries(ERROR_STATUS)
    .map(([code, status]) => `\`${code}\` (${status})`)
    .join(', ');
}

import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';

/** Swagger UI at /docs, the document at /docs-json. */
export function setUpOpenApi(app: NestExpressApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Keyturn')
    .setDescription(
      'A chat backend that keeps the key, runs the agent’s turns, does the user’s tasks and counts every token.',
    )
    .setVersion('0.1.0')
    .addBearerAuth()
    .build();
  SwaggerModule.setup('docs', app, () => describeRequests(SwaggerModule.createDocument(app, config)), {
    jsonDocumentUrl: 'docs-json',
    swaggerOptions: { persistAuthorization: true },
  });
}

/** A request's schema is made of what validates it; answers describe themselves with `@ApiProperty`. */
function describeRequests(document: OpenAPIObject): OpenAPIObject {
  const validated = validationMetadatasToSchemas({ refPointerPrefix: '#/components/schemas/' });
  const schemas = (document.components ??= {}).schemas ?? {};
  for (const [name, schema] of Object.entries(schemas)) {
    const isDescribed = 'properties' in schema && Object.keys(schema.properties ?? {}).length > 0;
    const request = validated[name];
    if (!isDescribed && request !== undefined)
      schemas[name] = { ...request, additionalProperties: false } as never;
  }
  return document;
}

import type { Type } from '@nestjs/common';
import { JSONSchema, targetConstructorToSchema } from 'class-validator-jsonschema';
import { SCHEMA_CONVERTERS } from '../common/schema-converters';
import type { JsonSchema } from './tool.types';

const UNDECLARED = 'x-undeclared';

/** Tells the model what a property means. */
export const Describe = (description: string): PropertyDecorator =>
  JSONSchema({ description }) as PropertyDecorator;

/** Accepted when a model sends it, but not among the properties that the model sees. */
export const Undeclared = (): PropertyDecorator => JSONSchema({ [UNDECLARED]: true }) as PropertyDecorator;

/** The schema of a tool's arguments, made of what validates them. */
export function toJsonSchema(input: Type<object>): JsonSchema {
  const { properties = {}, required = [] } = targetConstructorToSchema(input, {
    additionalConverters: SCHEMA_CONVERTERS,
  });
  const declared = Object.entries(properties).filter(([, schema]) => !(UNDECLARED in schema));
  const names = new Set(declared.map(([name]) => name));
  return {
    type: 'object',
    properties: Object.fromEntries(declared),
    required: required.filter((name) => names.has(name)),
    additionalProperties: false,
  };
}

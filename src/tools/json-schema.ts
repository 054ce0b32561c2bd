import type { Type } from '@nestjs/common';
import { MAX, MIN, ValidationTypes } from 'class-validator';
import { JSONSchema, targetConstructorToSchema } from 'class-validator-jsonschema';
import { TEXT_LENGTH } from '../tasks/text-length';
import type { JsonSchema } from './tool.types';

const UNDECLARED = 'x-undeclared';

/** Tells the model what a property means. */
export const Describe = (description: string): PropertyDecorator =>
  JSONSchema({ description }) as PropertyDecorator;

/** Understood when a model sends it, but not among the properties it is told of. */
export const Undeclared = (): PropertyDecorator => JSONSchema({ [UNDECLARED]: true }) as PropertyDecorator;

const boundsOf = ({ constraints }: { constraints: unknown[] }): number[] => constraints as number[];

type Converters = NonNullable<Parameters<typeof targetConstructorToSchema>[1]>['additionalConverters'];

/** Where the library's own would not do. */
const CONVERTERS: Converters = {
  // Says nothing of a rule it does not know; by default it would refer to the property's class.
  [ValidationTypes.CUSTOM_VALIDATION]: {},
  [TEXT_LENGTH]: (rule) => ({ type: 'string', minLength: boundsOf(rule)[0], maxLength: boundsOf(rule)[1] }),
  // By default these make a number of what is an integer.
  [MIN]: (rule) => ({ minimum: boundsOf(rule)[0] }),
  [MAX]: (rule) => ({ maximum: boundsOf(rule)[0] }),
};

/** The schema of a tool's arguments, made of what validates them. */
export function toJsonSchema(input: Type<object>): JsonSchema {
  const { properties = {}, required = [] } = targetConstructorToSchema(input, {
    additionalConverters: CONVERTERS,
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

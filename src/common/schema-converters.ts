import { MAX, MIN, ValidationTypes } from 'class-validator';
import type { targetConstructorToSchema } from 'class-validator-jsonschema';
import { TEXT_LENGTH } from './text-length';

type Converters = NonNullable<
  NonNullable<Parameters<typeof targetConstructorToSchema>[1]>['additionalConverters']
>;

const boundsOf = ({ constraints }: { constraints: unknown[] }): number[] => constraints as number[];

/** How validators become JSON Schema where class-validator-jsonschema's own way would not do. */
export const SCHEMA_CONVERTERS: Converters = {
  // Says nothing of a rule it does not know; by default it would refer to the property's class.
  [ValidationTypes.CUSTOM_VALIDATION]: {},
  [TEXT_LENGTH]: (rule) => ({ type: 'string', minLength: boundsOf(rule)[0], maxLength: boundsOf(rule)[1] }),
  // By default these make a number of what is an integer.
  [MIN]: (rule) => ({ minimum: boundsOf(rule)[0] }),
  [MAX]: (rule) => ({ maximum: boundsOf(rule)[0] }),
};

import { registerDecorator, type ValidationOptions } from 'class-validator';

/** Name of the constraint, by which the tools' JSON Schema finds its bounds. */
export const TEXT_LENGTH = 'textLength';

/**
 * The text (with `each`: every text of a list) has this many UTF-16 units, as `String.length` counts; class-validator's
 * own `Length` takes an emoji for one.
 */
export function HasLength(least: number, most: number, options?: ValidationOptions): PropertyDecorator {
  return (target, propertyName) => {
    registerDecorator({
      name: TEXT_LENGTH,
      target: target.constructor,
      propertyName: propertyName as string,
      constraints: [least, most],
      options: {
        message: `${options?.each ? 'each value in ' : ''}$property must be ${least} to ${most} characters long`,
        ...options,
      },
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && value.length >= least && value.length <= most,
      },
    });
  };
}

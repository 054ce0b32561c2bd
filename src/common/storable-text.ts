import { registerDecorator, type ValidationOptions } from 'class-validator';

/** Name of the constraint, by which the pipe answers `text_not_storable` instead of `validation_failed`. */
export const STORABLE_TEXT = 'storableText';

/** Postgres keeps neither NUL nor half a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Text we did not choose (a model's, a tool's) made fit to be kept: what can't be stored becomes U+FFFD. */
export function toStorable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** A deep copy of JSON data whose every string and key is storable. */
export function toStorableJson<T>(value: T): T {
  if (typeof value === 'string') return toStorable(value) as T;
  if (Array.isArray(value)) return value.map(toStorableJson) as T;
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [toStorable(key), toStorableJson(item)]),
    ) as T;
  }
  return value;
}

/** The text (or each text of a list) has neither NUL nor a lone surrogate. */
export function IsStorableText(options?: ValidationOptions): PropertyDecorator {
  return (target, propertyName) => {
    registerDecorator({
      name: STORABLE_TEXT,
      target: target.constructor,
      propertyName: propertyName as string,
      options: {
        message: '$property has a NUL or half a surrogate pair, which cannot be stored',
        ...options,
      },
      validator: {
        validate: (value: unknown) =>
          (Array.isArray(value) ? value : [value]).every(
            (text) => typeof text !== 'string' || isStorable(text),
          ),
      },
    });
  };
}

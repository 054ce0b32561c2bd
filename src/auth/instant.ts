import { isISO8601, isRFC3339, registerDecorator } from 'class-validator';

/**
 * RFC 3339 has the offset and the one spelling, ISO 8601 the calendar: neither validator knows both, and neither what a
 * `Date` cannot hold.
 */
const isInstant = (value: unknown): boolean =>
  isRFC3339(value) &&
  isISO8601(value, { strict: true, strictSeparator: true }) &&
  !Number.isNaN(Date.parse(value as string));

/** An instant with an offset. */
export function IsInstant(): PropertyDecorator {
  return (target, propertyName) => {
    registerDecorator({
      name: 'isInstant',
      target: target.constructor,
      propertyName: propertyName as string,
      options: { message: '$property must be an instant with offset, such as 2099-12-31T23:59:59Z' },
      validator: { validate: isInstant },
    });
  };
}

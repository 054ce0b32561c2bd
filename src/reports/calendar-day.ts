import { registerDecorator, type ValidationArguments } from 'class-validator';

const EARLIEST = '1970-01-01';

/** A day that there is, such as 2026-11-25: in February there is no 30th. */
export function isCalendarDay(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value) || value < EARLIEST) return false;
  const instant = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(value);
}

export const IsCalendarDay = (): PropertyDecorator => (target, property) =>
  registerDecorator({
    name: 'isCalendarDay',
    target: target.constructor,
    propertyName: property as string,
    validator: {
      validate: isCalendarDay,
      defaultMessage: (args?: ValidationArguments) =>
        `${args?.property} must be a day from ${EARLIEST} on, such as 2026-11-25`,
    },
  });

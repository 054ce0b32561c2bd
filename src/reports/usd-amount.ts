import { registerDecorator, type ValidationArguments } from 'class-validator';

const MICRO = 1_000_000;
export const LARGEST_USD = 1_000_000_000;

export const toMicroUsd = (usd: number): number => Math.round(usd * MICRO);
export const toUsd = (microUsd: number): number => microUsd / MICRO;

/** Whole millionths: up to the largest amount each has a floating-point number of its own. */
export function isUsdAmount(value: unknown): value is number {
  return (
    typeof value === 'number' && value >= 0 && value <= LARGEST_USD && toUsd(toMicroUsd(value)) === value
  );
}

export const IsUsdAmount = (): PropertyDecorator => (target, property) =>
  registerDecorator({
    name: 'isUsdAmount',
    target: target.constructor,
    propertyName: property as string,
    validator: {
      validate: isUsdAmount,
      defaultMessage: (args?: ValidationArguments) =>
        `${args?.property} must be a number from 0 to ${LARGEST_USD} with at most 6 decimals`,
    },
  });

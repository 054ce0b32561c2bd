import { registerDecorator } from 'class-validator';
import commonPasswords from './common-passwords.json';

const SHORTEST = 8;
const LONGEST = 128;
const COMMON = new Set(commonPasswords);

/** Why a password can't be chosen; undefined when it can. Lengths are `String.length`. */
export function faultOfPassword(password: unknown): string | undefined {
  if (typeof password !== 'string') return 'password must be a string';
  if (password.length < SHORTEST || password.length > LONGEST) {
    return `password must be ${SHORTEST} to ${LONGEST} characters long`;
  }
  return COMMON.has(password.toLowerCase())
    ? 'password is one of the most common ones: choose another'
    : undefined;
}

/** Long enough, and none of the 3,000 most common; which characters it has is the user's affair. */
export function IsAcceptablePassword(): PropertyDecorator {
  return (target, propertyName) => {
    registerDecorator({
      name: 'acceptablePassword',
      target: target.constructor,
      propertyName: propertyName as string,
      validator: {
        validate: (value: unknown) => faultOfPassword(value) === undefined,
        defaultMessage: (validation) => faultOfPassword(validation?.value) ?? '',
      },
    });
  };
}

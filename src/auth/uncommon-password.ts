import { registerDecorator } from 'class-validator';
import commonPasswords from './common-passwords.json';

const COMMON = new Set(commonPasswords);

export function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase());
}

/** None of the 3,000 most common passwords, in whatever case; which characters it has is the user's affair. */
export function IsUncommonPassword(): PropertyDecorator {
  return (target, propertyName) => {
    registerDecorator({
      name: 'uncommonPassword',
      target: target.constructor,
      propertyName: propertyName as string,
      options: { message: '$property is one of the most common ones: choose another' },
      validator: { validate: (value: unknown) => typeof value === 'string' && !isCommonPassword(value) },
    });
  };
}

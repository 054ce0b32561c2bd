import { AppError } from './app-error';

/** A name that every object has a meaning for: the libraries that read our input drop such a key or misread it. */
export const isReserved = (key: string): boolean => key === 'prototype' || key in Object.prototype;

/** The refusal of a value that has such a key itself; those further down are data. */
export function refusalOfReservedKey(value: object): AppError | undefined {
  const reserved = Object.keys(value).find(isReserved);
  if (reserved === undefined) return undefined;
  const message = `property ${reserved} should not exist`;
  return new AppError('validation_failed', message, { details: [{ path: [reserved], message }] });
}

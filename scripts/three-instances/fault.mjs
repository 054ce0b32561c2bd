/** An error that the user can fix: printed in one line, without a stack. */
export class Fault extends Error {}

/** Includes the app's own StartupError, recognised by name because the app has its own copy of the class. */
export const isTold = (error) =>
  error instanceof Fault ||
  error?.constructor?.name === 'StartupError' ||
  error?.code?.startsWith('ERR_PARSE_ARGS') === true;

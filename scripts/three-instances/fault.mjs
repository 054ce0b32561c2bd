/** What its reader can mend: told in one line, without a stack. */
export class Fault extends Error {}

/** Also the app's own, of which this has another copy of the class. */
export const isTold = (error) =>
  error instanceof Fault ||
  error?.constructor?.name === 'StartupError' ||
  error?.code?.startsWith('ERR_PARSE_ARGS') === true;

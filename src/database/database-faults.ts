import { StartupError } from '../common/startup-error';

interface DriverFault extends Error {
  code?: string;
  address?: string;
  port?: number;
  errors?: DriverFault[];
}

const OR_EMBEDDED = 'or unset it for the embedded one';

/** Why the database in DATABASE_URL cannot be used at the start, as one line with its cure. */
export function toDatabaseFault(error: unknown): StartupError {
  const fault = error instanceof Error ? (error as DriverFault) : new Error(String(error));
  return new StartupError(explain((fault as DriverFault).errors?.[0] ?? fault), { cause: error });
}

function explain({ code, address, port, message }: DriverFault): string {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
      return `No database answers at ${address}:${port} (${code}): start it, correct DATABASE_URL, ${OR_EMBEDDED}.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host named in DATABASE_URL is not known: correct it, ${OR_EMBEDDED}.`;
    case '28P01':
    case '28000':
      return 'The database refused the user or password in DATABASE_URL: correct them.';
    case '3D000':
      return 'The database named in DATABASE_URL does not exist: create it, or correct the name.';
    case '42501':
      return 'The user in DATABASE_URL may not create tables: grant it CREATE on the schema public.';
    default: {
      const reason = message.split('\n', 1)[0]!.slice(0, 200);
      return `The database in DATABASE_URL cannot be used (${reason}): mend that, correct DATABASE_URL, ${OR_EMBEDDED}.`;
    }
  }
}

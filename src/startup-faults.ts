import { StartupError } from './common/startup-error';

interface SystemFault extends Error {
  code?: string;
  address?: string;
  port?: number;
  errors?: SystemFault[];
}

/** A known reason not to start as one line with its cure; anything else is a fault of ours and stays as it is. */
export function toStartupError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof StartupError) return error;
  const fault = error as SystemFault;
  const { code, address, port } = fault.errors?.[0] ?? fault;
  const cause = { cause: error };
  switch (code) {
    case 'EADDRINUSE':
      return new StartupError(
        `Port ${port} is in use: stop the program that has it, or set PORT (0 picks a free one).`,
        cause,
      );
    case 'EACCES':
      // A file's rights: not a matter of ports.
      if (port === undefined) return error;
      return new StartupError(
        `Port ${port} needs more rights than this user has: set PORT to 1024 or above.`,
        cause,
      );
    case 'EADDRNOTAVAIL':
      return new StartupError(
        `This machine has no address ${address}: correct HOST (127.0.0.1 or 0.0.0.0).`,
        cause,
      );
    case 'ECONNREFUSED':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
      return new StartupError(
        `No database answers at ${address}:${port} (${code}): start it, correct DATABASE_URL, or unset it for the embedded one.`,
        cause,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartupError(
        'The host named in DATABASE_URL is not known: correct it, or unset it for the embedded one.',
        cause,
      );
    case '28P01':
    case '28000':
      return new StartupError(
        'The database refused the user or password in DATABASE_URL: correct them.',
        cause,
      );
    case '3D000':
      return new StartupError(
        'The database named in DATABASE_URL does not exist: create it, or correct the name.',
        cause,
      );
    case '42501':
      return new StartupError(
        'The user in DATABASE_URL may not create tables: grant it CREATE on the schema public.',
        cause,
      );
    default:
      return error;
  }
}

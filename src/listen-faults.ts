import { StartupError } from './common/startup-error';

interface SystemFault extends Error {
  code?: string;
  address?: string;
  port?: number;
}

/** Why the server cannot listen, as one line with its cure; anything else stays as it is. */
export function toListenFault(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, address, port } = error as SystemFault;
  const tell = (message: string): StartupError => new StartupError(message, { cause: error });
  switch (code) {
    case 'EADDRINUSE':
      return tell(`Port ${port} is in use: stop the program that has it, or set PORT (0 picks a free one).`);
    case 'EACCES':
      return tell(`Port ${port} needs more rights than this user has: set PORT to 1024 or above.`);
    case 'EADDRNOTAVAIL':
      return tell(`This machine has no address ${address}: correct HOST (127.0.0.1 or 0.0.0.0).`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return tell('The name in HOST is not known: correct HOST (127.0.0.1 or 0.0.0.0).');
    default:
      return error;
  }
}

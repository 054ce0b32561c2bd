import type { Settings } from '../config/settings';

/** The secret that signs tokens; `main.ts` fills it in from the data directory where none is set. */
export function jwtSecretOf({ auth }: Settings): string {
  if (auth.jwtSecret === undefined)
    throw new Error('settings.auth.jwtSecret must be set before the app starts.');
  return auth.jwtSecret;
}

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface BetterAuthServer {
  url: string;
  /**
   * Makes an account.
   * @returns a token that the server signed for the account
   */
  signUp(email: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startBetterAuth(): Promise<BetterAuthServer> {
  const child = spawn(process.execPath, [join(__dirname, 'better-auth-server.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    void exited.then(() => reject(new Error('better-auth did not start.')));
  });
  return {
    url,
    signUp: async (email) => {
      const account = { name: 'Ada', email, password: 'a long enough passphrase' };
      const signedUp = await fetch(`${url}/api/auth/sign-up/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(account),
      });
      const authorization = `Bearer ${signedUp.headers.get('set-auth-token')}`;
      const answer = await fetch(`${url}/api/auth/token`, { headers: { authorization } });
      return ((await answer.json()) as { token: string }).token;
    },
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

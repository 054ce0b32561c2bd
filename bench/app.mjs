/** Keyturn under test: built, with its own database, limits on but far above the load, and a signed-in user. */
import { CPUS, stop } from './processes.mjs';
import { install, remove, untilHealthy } from './installation.mjs';

/** Far above any load, but counted: a limit of 0 would disable the limiter. */
const LIMITS = { RATE_LIMIT_PER_MINUTE: '10000000', MAX_STREAMS_PER_USER: '100000' };

/**
 * @param upstream base URL of the provider
 * @param env variables to add or override
 * @param from the folder that contains `dist`
 * @param nodeArgs Node arguments before the script
 */
export async function startApp({ upstream, env = {}, from, nodeArgs = [], ...options }) {
  const folder = install(from);
  const { child, url } = await untilHealthy(process.execPath, [...nodeArgs, 'dist/main.js'], {
    folder,
    cpu: CPUS.server,
    env: { NODE_ENV: 'production', OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: upstream, ...LIMITS, ...env },
    ...options,
  });
  // The first user to sign up is the administrator, who is exempt from limits.
  await signUp(url, 'admin@example.com');
  const token = await signUp(url, 'bench@example.com');
  return {
    child,
    url,
    pid: child.pid,
    token,
    headers: { authorization: `Bearer ${token}` },
    async stop() {
      await stop(child);
      remove(folder);
    },
  };
}

async function signUp(url, email) {
  const answer = await fetch(`${url}/api/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: 'four plain words together' }),
  });
  if (answer.status !== 201) throw new Error(`sign-up answered ${answer.status}: ${await answer.text()}`);
  const { token } = await answer.json();
  return token;
}

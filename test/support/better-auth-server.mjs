/**
 * A better-auth server, as an operator would run it beside Keyturn to issue tokens. Prints its address and ends with
 * its standard input. Runs in its own process: better-auth is an ES module, which Jest's loader would have to rewrite.
 */
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { bearer, jwt } from 'better-auth/plugins';

process.stdin.resume().once('end', () => process.exit());

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const baseURL = `http://127.0.0.1:${server.address().port}`;
  const auth = betterAuth({
    baseURL,
    secret: 'of no worth: this server lives for a test',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
    emailAndPassword: { enabled: true },
    plugins: [
      bearer(),
      jwt({
        jwt: {
          audience: 'keyturn-chat',
          definePayload: ({ user }) => ({ email: user.email, role: 'admin', zoneinfo: 'Europe/Berlin' }),
        },
      }),
    ],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  });
  server.on('request', toNodeHandler(auth));
  console.log(baseURL);
});

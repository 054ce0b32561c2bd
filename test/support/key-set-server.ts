import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';

export const AUDIENCE = 'keyturn-chat';

/** A key pair of an issuer; the issuer publishes the public key. */
export interface IssuerKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

export async function makeIssuerKey(alg: string, kid: string = randomUUID()): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** An issuer with a key set that the test controls. */
export interface KeySetServer {
  issuer: string;
  /** The settings that an app needs to trust the issuer. */
  environment: Record<string, string>;
  /** How often the key set was requested. */
  readonly asked: number;
  publish(...keys: IssuerKey[]): void;
  /** Answers instead of the key set. */
  play(answer: RequestListener): void;
  stop(): Promise<void>;
}

export async function startKeySetServer(): Promise<KeySetServer> {
  let asked = 0;
  let answer: RequestListener;
  const server = createServer((request, response) => {
    asked++;
    answer(request, response);
  });
  const play = (next: RequestListener): void => void (answer = next);
  const publish = (...keys: IssuerKey[]): void =>
    play((_, response) => response.end(JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) })));
  publish();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    environment: { AUTH_JWKS_URL: `${issuer}/keys`, AUTH_ISSUER: issuer, AUTH_AUDIENCE: AUDIENCE },
    get asked() {
      return asked;
    },
    publish,
    play,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** Signs a valid token of an issuer, with the given changes; an undefined claim is omitted. */
export function signToken(
  { issuer }: Pick<KeySetServer, 'issuer'>,
  key: IssuerKey,
  claims: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const payload = { iss: issuer, aud: AUDIENCE, sub: 'ada', exp: nowSeconds() + 600, ...claims };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })
    .sign(key.privateKey);
}

import { Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import { AppError } from '../common/app-error';
import { describeError } from '../common/describe-error';

const FETCH_TIMEOUT_MS = 3000;
const LARGEST_ANSWER_BYTES = 256 * 1024;
const MOST_KEYS = 100;
/** For an issuer to make keys known that it will sign with, or to take one back. */
const REFRESH_AFTER_MS = 10 * 60_000;
/** Until then no request waits for new keys: tokens are verified with the known ones. */
const WAIT_FOR_REFRESH_AFTER_MS = 60 * 60_000;
/** Tokens that name keys which are not there must not make us ask for each of them. */
const UNKNOWN_KEY_COOLDOWN_MS = 10_000;
const RETRY_AFTER_SECONDS = 5;

/** An issuer's public keys (RFC 7517), as it publishes them: asked for when needed, and used on where it can't be reached. */
export class IssuerKeys {
  private readonly logger = new Logger(IssuerKeys.name);
  private readonly remote: ReturnType<typeof createRemoteJWKSet>;
  /** Of `performance.now()`, as `failedAt` is: the clock on the wall may be put back. */
  private fetchedAt: number | undefined;
  private failedAt = -Infinity;

  constructor(url: string) {
    this.remote = createRemoteJWKSet(new URL(url), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cooldownDuration: UNKNOWN_KEY_COOLDOWN_MS,
      // It would drop keys that can't be fetched anew: `find` sees to their age.
      cacheMaxAge: Infinity,
      [customFetch]: (...request: Parameters<FetchImplementation>) => this.fetch(...request),
    });
  }

  /**
   * The key a token names.
   * @throws AppError upstream_unavailable where that can't be known because the issuer can't be reached
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const ageMs = this.fetchedAt === undefined ? 0 : performance.now() - this.fetchedAt;
    if (ageMs >= REFRESH_AFTER_MS) {
      const refresh = this.remote.reload().catch(() => undefined);
      if (ageMs >= WAIT_FOR_REFRESH_AFTER_MS) await refresh;
    }
    return this.remote(header, token);
  };

  /** One request at a time, says `createRemoteJWKSet`; after a failure, none for some seconds. */
  private async fetch(...[url, options]: Parameters<FetchImplementation>): Promise<Response> {
    if (performance.now() - this.failedAt < RETRY_AFTER_SECONDS * 1000) throw keysUnavailable();
    try {
      const keys = await readKeys(await fetch(url, options));
      this.fetchedAt = performance.now();
      return Response.json({ keys });
    } catch (error) {
      this.failedAt = performance.now();
      this.logger.warn({ event: 'issuer_keys_unavailable', ...describeError(error) });
      throw keysUnavailable(error);
    }
  }
}

/** @throws Error that says what is wrong with the answer */
async function readKeys({ status, body }: Response): Promise<object[]> {
  if (status !== 200 || body === null) {
    await body?.cancel();
    throw new Error(`The key set's address answered ${status}.`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    size += chunk.byteLength;
    if (size > LARGEST_ANSWER_BYTES)
      throw new Error(`The key set has more than ${LARGEST_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const { keys } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { keys: unknown };
  if (!Array.isArray(keys) || !keys.every(isObject)) throw new Error('The answer is no key set.');
  if (keys.length > MOST_KEYS) throw new Error(`The key set has more than ${MOST_KEYS} keys.`);
  return keys;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Says nothing of where the keys are: that is the operator's affair. */
const keysUnavailable = (cause?: unknown): AppError =>
  new AppError(
    'upstream_unavailable',
    'The token issuer’s keys cannot be fetched just now. Try again shortly.',
    {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      cause,
    },
  );

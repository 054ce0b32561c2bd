import type { createClient } from 'redis';

export type RedisClient = ReturnType<typeof createClient>;

const CONNECT_TIMEOUT_MS = 2000;
const LONGEST_BACKOFF_MS = 1000;
const LONGEST_JITTER_MS = 1000;

/**
 * A client that connects again for ever, and meanwhile keeps nothing for later: what waits for a limit's answer does not
 * wait for a server to come back. The package is loaded here, for it takes as long as the rest of the app's start.
 */
export async function makeRedisClient(url: string): Promise<RedisClient> {
  const { createClient } = await import('redis');
  return createClient({
    url,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // Ours is stricter, and cheaper than a signal for each command.
    commandOptions: { timeout: undefined },
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: backoffMs },
  });
}

/** At most 2 s; spread, or all instances would come at once to a server that has just started. */
const backoffMs = (retries: number): number =>
  Math.min(LONGEST_BACKOFF_MS, 50 * 2 ** retries) + Math.random() * LONGEST_JITTER_MS;

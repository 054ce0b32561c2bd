import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { describeError } from '../common/describe-error';
import { RecurringWork } from '../common/recurring-work';
import { Revocations } from '../common/revocations';
import { Database } from '../database/database.service';
import { sql } from '../database/sql';
import type { KeyPrincipal } from './principal';

/** How long work goes on with a key that another instance revoked, or that ran out. */
const RECHECK_INTERVAL_MS = 2000;

const IS_GOOD = sql`revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;

/** Which keys are good at this moment. Asked for every request, never remembered: a revoked key is refused at once. */
@Injectable()
export class KnownApiKeys implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(KnownApiKeys.name);
  private readonly recurring = new RecurringWork(
    RECHECK_INTERVAL_MS,
    () => this.recheckWatched(),
    (error) => this.logger.warn({ event: 'key_recheck_failed', ...describeError(error) }),
  );

  constructor(
    private readonly database: Database,
    private readonly revocations: Revocations,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.recurring.start();
  }

  onModuleDestroy(): void {
    this.recurring.stop();
  }

  /**
   * Whom a key speaks for, and that it was used, which is written once a minute at the most. The row's own time is
   * asked again where another request wrote it meanwhile.
   */
  async findPrincipal(hash: Buffer): Promise<KeyPrincipal | undefined> {
    const [key] = await this.database.queryPrepared<Omit<KeyPrincipal, 'kind'>>(
      'find_api_key',
      sql`
        WITH key AS (
          SELECT api_keys.id, user_id, role, timezone, scopes FROM api_keys JOIN users ON users.id = user_id
          WHERE key_hash = ${hash} AND ${IS_GOOD}
        ), touched AS (
          UPDATE api_keys SET last_used_at = now() FROM key
          WHERE api_keys.id = key.id AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        )
        SELECT user_id AS id, role, timezone, id AS "keyId", scopes FROM key`,
    );
    return key && { ...key, kind: 'key' };
  }

  private async recheckWatched(): Promise<void> {
    const watched = this.revocations.watched();
    if (watched.length === 0) return;
    const ended = await this.database.query<{ id: string }>(sql`
      SELECT id FROM unnest(${watched}::uuid[]) AS watched (id)
      WHERE NOT EXISTS (SELECT 1 FROM api_keys WHERE api_keys.id = watched.id AND ${IS_GOOD})`);
    this.revocations.announce(ended.map(({ id }) => id));
  }
}

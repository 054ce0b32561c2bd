import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { describeError } from '../common/describe-error';
import { RecurringWork } from '../common/recurring-work';
import { Database } from '../database/database.service';
import { sql } from '../database/sql';

const BEAT_INTERVAL_MS = 10_000;
/** How long an instance may stay silent before its open calls are booked by others. */
export const INSTANCE_LIFE_SECONDS = 30;

/** Says that this process lives, so that the calls it has open are left to it. */
@Injectable()
export class InstanceHeartbeat implements OnApplicationBootstrap, OnModuleDestroy {
  readonly instanceId = randomUUID();
  private readonly logger = new Logger(InstanceHeartbeat.name);
  private readonly recurring = new RecurringWork(
    BEAT_INTERVAL_MS,
    () => this.beat(),
    (error) => this.noteFailure(error),
  );
  private failedAt = -Infinity;

  constructor(private readonly database: Database) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.recurring.start();
  }

  /** Whether the silence of others says that they are gone: after an outage of the database all have been silent. */
  get isSteady(): boolean {
    return performance.now() - this.failedAt > 2 * BEAT_INTERVAL_MS;
  }

  onModuleDestroy(): void {
    this.recurring.stop();
  }

  private async beat(): Promise<void> {
    await this.database.query(sql`
      WITH forgotten AS (
        DELETE FROM instances WHERE seen_at < now() - interval '1 day' AND id <> ${this.instanceId}
      )
      INSERT INTO instances (id) VALUES (${this.instanceId}) ON CONFLICT (id) DO UPDATE SET seen_at = now()`);
  }

  private noteFailure(error: unknown): void {
    this.failedAt = performance.now();
    this.logger.warn({ event: 'heartbeat_failed', ...describeError(error) });
  }
}

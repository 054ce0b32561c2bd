import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/app-error';
import { describeError } from '../common/describe-error';
import { Database } from '../database/database.service';
import { NaturalBatch } from '../database/natural-batch';
import { sql } from '../database/sql';
import { Clock } from '../common/clock';
import { Settings } from '../config/settings';
import {
  beginningWindows,
  type Judgement,
  opening,
  type Opening,
  openingUnlimited,
  withoutDiskWait,
} from './call-opening';
import { callTools, settling } from './call-settling';
import { Metrics } from '../observability/metrics';
import { InstanceHeartbeat } from './instance-heartbeat';
import { nameOf, type Verdict, verdictsOf } from './quota-verdict';
import type { CallIntent, Settlement } from './usage.types';

/** Nobody waits for a settlement: a short pause lets many go in one statement. */
const SETTLE_PAUSE_MS = 20;
const SETTLE_RETRY_MS = 1000;
const MOST_PER_STATEMENT = 500;
/** While the database is away. What is dropped beyond it stays open and is booked as an estimate after a restart. */
const MOST_UNSETTLED = 100_000;
const MOST_LIMITED_PAYERS = 10_000;

/**
 * The ledger of calls that belong to no turn. Their rows are written many at a time, and without waiting for the disk:
 * a crash of the app loses none, one of the database's machine at most the last moment.
 */
@Injectable()
export class CallBook {
  private readonly logger = new Logger(CallBook.name);
  private readonly unlimited = new NaturalBatch<CallIntent, boolean>(
    (intents) => this.insertUnlimited(intents),
    MOST_PER_STATEMENT,
  );
  private readonly limited = new NaturalBatch<CallIntent, Verdict>(
    (intents) => this.insert(intents),
    MOST_PER_STATEMENT,
  );
  /** Who was found to have a limit: not asked again in the way that is for others. */
  private readonly limitedPayers = new Set<string>();
  private unsettled: Settlement[] = [];
  private settling: Promise<void> | undefined;
  private isClosing = false;

  constructor(
    private readonly database: Database,
    private readonly heartbeat: InstanceHeartbeat,
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Writes the intent of a call and reserves the most it can come to. Send only once it is written.
   * @returns whether the call is held against a limit, and so must not come to more
   * @throws AppError quota_exceeded, model_not_allowed, database_unavailable
   */
  async open(intent: CallIntent): Promise<{ isLimited: boolean }> {
    if (!this.mayBeLimited(intent) && (await this.unlimited.add(intent))) return { isLimited: false };
    this.rememberLimited(intent);
    for (;;) {
      const verdict = await this.limited.add(intent);
      if (verdict.kind === 'refused') {
        this.metrics.countRefusal(verdict.limit, nameOf(intent.payer));
        throw verdict.error;
      }
      if (verdict.kind !== 'opened') continue;
      if (!verdict.isLimited) this.limitedPayers.delete(keyOf(intent));
      return verdict;
    }
  }

  private mayBeLimited(intent: CallIntent): boolean {
    const { tokensADay, costAMonthMicroUsd } = this.settings.quotas;
    return tokensADay > 0 || costAMonthMicroUsd > 0 || this.limitedPayers.has(keyOf(intent));
  }

  private rememberLimited(intent: CallIntent): void {
    if (this.limitedPayers.size >= MOST_LIMITED_PAYERS) this.limitedPayers.clear();
    this.limitedPayers.add(keyOf(intent));
  }

  /** Books what a call came to, soon; again and again while the database is away. */
  settle(settlement: Settlement): void {
    if (this.unsettled.length >= MOST_UNSETTLED) this.unsettled.shift();
    this.unsettled.push(settlement);
    this.settling ??= this.settleAll();
  }

  /** Resolves when what was to be booked is. */
  async settled(): Promise<void> {
    await this.settling;
  }

  /** Books what is still to be booked; gives up where the database does not take it. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.settling;
  }

  private async settleAll(): Promise<void> {
    try {
      await this.pause(SETTLE_PAUSE_MS);
      while (this.unsettled.length > 0) {
        const batch = this.unsettled.splice(0, MOST_PER_STATEMENT);
        if (await this.bookOrKeep(batch)) continue;
        if (this.isClosing) return;
        await this.pause(SETTLE_RETRY_MS);
      }
    } finally {
      // In the same moment as the last look at what waits: who comes after it begins anew.
      this.settling = undefined;
    }
  }

  /** @returns false where the database is away, and they wait again */
  private async bookOrKeep(batch: Settlement[]): Promise<boolean> {
    try {
      await this.book(batch);
      return true;
    } catch (error) {
      const waiting = this.unsettled.length + batch.length;
      this.logger.warn({ event: 'settling_failed', waiting, ...describeError(error) });
      if (!isAway(error)) return this.bookOneByOne(batch);
      this.unsettled.unshift(...batch);
      return false;
    }
  }

  /** One that the database refuses must not keep the others; its call stays open and is booked after a restart. */
  private async bookOneByOne(batch: Settlement[]): Promise<boolean> {
    for (const [index, settlement] of batch.entries()) {
      try {
        await this.book([settlement]);
      } catch (error) {
        if (isAway(error)) {
          this.unsettled.unshift(...batch.slice(index));
          return false;
        }
        this.report(settlement, error);
      }
    }
    return true;
  }

  private report({ callId }: Settlement, error: unknown): void {
    this.logger.error({ event: 'settlement_refused', callId, ...describeError(error) });
  }

  private async pause(ms: number): Promise<void> {
    if (!this.isClosing) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  private async insertUnlimited(intents: CallIntent[]): Promise<boolean[]> {
    const statement = openingUnlimited(this.openingOf(intents));
    const written = await this.database.queryPrepared<{ id: string }>('open-unlimited-calls', statement);
    if (written.length === intents.length) return intents.map(() => true);
    const ids = new Set(written.map(({ id }) => id));
    return intents.map(({ id }) => ids.has(id));
  }

  private async insert(intents: CallIntent[]): Promise<Verdict[]> {
    const statement = opening(this.openingOf(intents));
    const judgements = await this.database.queryPrepared<Judgement>('open-calls', statement);
    if (judgements.some(({ isNew }) => isNew)) await this.database.query(beginningWindows(judgements));
    return verdictsOf(judgements, intents.length);
  }

  private openingOf(intents: CallIntent[]): Opening {
    const { quotas: defaults } = this.settings;
    return { intents, defaults, now: this.clock.now(), instanceId: this.heartbeat.instanceId };
  }

  private async book(settlements: Settlement[]): Promise<void> {
    const statement = sql`WITH ${settling(settlements, sql`${withoutDiskWait},`)} SELECT`;
    const name = callTools(settlements) ? 'settle-calls-with-tools' : 'settle-calls';
    await this.database.queryPrepared(name, statement);
  }
}

const keyOf = ({ payer: { id, keyId } }: CallIntent): string => (keyId === null ? id : `${id} ${keyId}`);

const isAway = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'database_unavailable';

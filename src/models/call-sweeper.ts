import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { describeError } from '../common/describe-error';
import { RecurringWork } from '../common/recurring-work';
import { Database } from '../database/database.service';
import { UsageService } from '../usage/usage.service';
import { ModelsService } from './models.service';

const SWEEP_INTERVAL_MS = 15_000;

/** On every replica: books the turnless calls whose process is gone. It never calls a provider. */
@Injectable()
export class CallSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(CallSweeper.name);
  private readonly recurring = new RecurringWork(
    SWEEP_INTERVAL_MS,
    () => this.sweep(),
    (error) => this.logger.warn({ event: 'sweep_failed', ...describeError(error) }),
  );

  constructor(
    private readonly database: Database,
    private readonly usage: UsageService,
    private readonly models: ModelsService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.recurring.start();
  }

  onModuleDestroy(): void {
    this.recurring.stop();
  }

  async sweep(): Promise<void> {
    while ((await this.sweepOnce()) > 0);
  }

  private async sweepOnce(): Promise<number> {
    const booked = await this.database.transaction(async (tx) => {
      const calls = await this.usage.findAbandoned(tx);
      await this.usage.settle(tx, ...calls.map((call) => this.models.interruptedSettlement(call)));
      return calls.length;
    });
    if (booked > 0) this.logger.warn({ event: 'calls_swept', booked });
    return booked;
  }
}

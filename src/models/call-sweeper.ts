import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { describeError } from '../common/describe-error';
import { Database } from '../database/database.service';
import { UsageService } from '../usage/usage.service';
import { ModelsService } from './models.service';

const SWEEP_INTERVAL_MS = 15_000;

/** On every replica: books the turnless calls whose process is gone. It never calls a provider. */
@Injectable()
export class CallSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(CallSweeper.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly usage: UsageService,
    private readonly models: ModelsService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sweep();
    this.timer = setInterval(() => void this.sweep(), SWEEP_INTERVAL_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async sweep(): Promise<void> {
    try {
      while ((await this.sweepOnce()) > 0);
    } catch (error) {
      this.logger.warn({ event: 'sweep_failed', ...describeError(error) });
    }
  }

  private async sweepOnce(): Promise<number> {
    const booked = await this.database.transaction(async (tx) => {
      const calls = await this.usage.findAbandoned(tx);
      for (const call of calls) await this.usage.settle(tx, this.models.interruptedSettlement(call));
      return calls.length;
    });
    if (booked > 0) this.logger.warn({ event: 'calls_swept', booked });
    return booked;
  }
}

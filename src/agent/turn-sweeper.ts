import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { describeError } from '../common/describe-error';
import { RecurringWork } from '../common/recurring-work';
import { ModelsService } from '../models/models.service';
import { SWEEP_BATCH, TurnJournal } from './turn-journal';

/** With a lease of 30 s, a killed process's conversation is free after 40 s at the latest. */
const SWEEP_INTERVAL_MS = 10_000;

/** On every replica: closes the turns whose process is gone. It never calls a provider. */
@Injectable()
export class TurnSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TurnSweeper.name);
  private readonly recurring = new RecurringWork(
    SWEEP_INTERVAL_MS,
    () => this.sweep(),
    () => undefined,
  );

  constructor(
    private readonly journal: TurnJournal,
    private readonly models: ModelsService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.recurring.start();
  }

  onModuleDestroy(): void {
    this.recurring.stop();
  }

  /** What fails is told, not thrown: the next round, or the next who asks, tries again. */
  async sweep(): Promise<void> {
    try {
      let closed: number;
      do {
        closed = await this.journal.sweep((call) => this.models.interruptedSettlement(call));
        if (closed > 0) this.logger.warn({ event: 'turns_swept', closed });
      } while (closed === SWEEP_BATCH);
    } catch (error) {
      this.logger.warn({ event: 'sweep_failed', ...describeError(error) });
    }
  }
}

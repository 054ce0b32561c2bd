import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { describeError } from '../common/describe-error';
import { ModelsService } from '../models/models.service';
import { SWEEP_BATCH, TurnJournal } from './turn-journal';

/** With a lease of 30 s, a killed process's conversation is free after 40 s at the latest. */
const SWEEP_INTERVAL_MS = 10_000;

/** On every replica: closes the turns whose process is gone. It never calls a provider. */
@Injectable()
export class TurnSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TurnSweeper.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly journal: TurnJournal,
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

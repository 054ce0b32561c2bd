import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { describeError } from '../common/describe-error';
import { TurnJournal } from './turn-journal';

const HEARTBEAT_MS = 10_000;
/** How soon a cancel that came in on another replica reaches the provider. */
const CANCEL_POLL_MS = 500;

/** Why a turn that runs here is made to stop. */
export type StopReason = 'cancelled' | 'deadline' | 'shutting_down' | 'lease_lost';

/** What a turn's abort signal is aborted with. */
export class TurnStoppedError extends Error {
  constructor(readonly reason: StopReason) {
    super(`The turn was stopped: ${reason}.`);
  }
}

interface RunningTurn {
  turnId: string;
  leaseToken: string;
  abort: AbortController;
  finished: Promise<void>;
}

/** The turns that run in this process: keeps their leases, carries cancels to them, waits for them on the way down. */
@Injectable()
export class RunningTurns implements OnModuleDestroy {
  private readonly logger = new Logger(RunningTurns.name);
  private readonly turns = new Map<string, RunningTurn>();
  private isStopped = false;
  private heartbeat: NodeJS.Timeout | undefined;
  private cancelPoll: NodeJS.Timeout | undefined;

  constructor(private readonly journal: TurnJournal) {}

  /**
   * Runs a turn's loop under a signal that stops it, until it has come to its end.
   * @param deadlineMs the longest it may take
   */
  run(
    turn: { turnId: string; leaseToken: string },
    deadlineMs: number,
    loop: (signal: AbortSignal) => Promise<void>,
  ): void {
    const abort = new AbortController();
    const deadline = setTimeout(() => abort.abort(new TurnStoppedError('deadline')), deadlineMs);
    const finished = loop(abort.signal)
      .catch((error: unknown) => this.logger.error({ event: 'turn_loop_failed', ...describeError(error) }))
      .finally(() => {
        clearTimeout(deadline);
        this.turns.delete(turn.turnId);
        if (this.turns.size === 0) this.stopTimers();
      });
    this.turns.set(turn.turnId, { ...turn, abort, finished });
    if (this.isStopped) abort.abort(new TurnStoppedError('shutting_down'));
    this.startTimers();
  }

  /** Stops a turn if it runs here, and waits until that is written down. */
  async stop(turnId: string, reason: StopReason): Promise<boolean> {
    const turn = this.turns.get(turnId);
    if (turn === undefined) return false;
    turn.abort.abort(new TurnStoppedError(reason));
    await turn.finished;
    return true;
  }

  /** Waits for all turns; those still running after the grace are stopped, and the stop written down. */
  async drain(graceMs: number): Promise<void> {
    const timer = setTimeout(() => this.stopAll(), graceMs);
    // A turn accepted a moment before the door closed may begin while others are waited for.
    while (this.turns.size > 0) {
      await Promise.all([...this.turns.values()].map(({ finished }) => finished));
    }
    clearTimeout(timer);
  }

  private stopAll(): void {
    this.isStopped = true;
    for (const { abort } of this.turns.values()) abort.abort(new TurnStoppedError('shutting_down'));
  }

  onModuleDestroy(): void {
    this.stopTimers();
  }

  private startTimers(): void {
    this.heartbeat ??= setInterval(() => void this.renewLeases(), HEARTBEAT_MS);
    this.cancelPoll ??= setInterval(() => void this.lookForCancels(), CANCEL_POLL_MS);
  }

  private stopTimers(): void {
    clearInterval(this.heartbeat);
    clearInterval(this.cancelPoll);
    this.heartbeat = this.cancelPoll = undefined;
  }

  private async renewLeases(): Promise<void> {
    const held = [...this.turns.values()];
    try {
      const kept = new Set(await this.journal.renewLeases(held));
      for (const { turnId, abort } of held) {
        if (!kept.has(turnId)) abort.abort(new TurnStoppedError('lease_lost'));
      }
    } catch (error) {
      this.logger.warn({ event: 'heartbeat_failed', ...describeError(error) });
    }
  }

  private async lookForCancels(): Promise<void> {
    try {
      const requested = await this.journal.findCancelRequested([...this.turns.keys()]);
      for (const turnId of requested) {
        this.turns.get(turnId)?.abort.abort(new TurnStoppedError('cancelled'));
      }
    } catch (error) {
      this.logger.warn({ event: 'cancel_poll_failed', ...describeError(error) });
    }
  }
}

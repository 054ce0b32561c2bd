import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AppError } from '../common/app-error';
import { describeError } from '../common/describe-error';
import { Lifecycle } from '../common/lifecycle';
import { Revocations } from '../common/revocations';
import { TurnJournal } from './turn-journal';

const HEARTBEAT_MS = 10_000;
/** How soon a cancel that came in on another replica reaches the provider. */
const CANCEL_POLL_MS = 500;

/** Why a turn that runs here is made to stop. */
export type StopReason = 'cancelled' | 'deadline' | 'shutting_down' | 'lease_lost' | 'key_revoked';

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
export class RunningTurns implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RunningTurns.name);
  private readonly turns = new Map<string, RunningTurn>();
  private readonly starting = new Set<Promise<unknown>>();
  private readonly timers: NodeJS.Timeout[] = [];
  private isStopped = false;

  constructor(
    private readonly journal: TurnJournal,
    private readonly lifecycle: Lifecycle,
    private readonly revocations: Revocations,
  ) {}

  onApplicationBootstrap(): void {
    this.every(HEARTBEAT_MS, 'heartbeat_failed', () => this.renewLeases());
    this.every(CANCEL_POLL_MS, 'cancel_poll_failed', () => this.lookForCancels());
  }

  onModuleDestroy(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  /**
   * Lets a turn begin, counted from here among those that `drain` waits for.
   * @param begin accepts it and calls `run`
   * @throws AppError shutting_down
   */
  async admit<T>(begin: () => Promise<T>): Promise<T> {
    if (this.lifecycle.isShuttingDown) {
      throw new AppError('shutting_down', 'The server is shutting down.', { retryAfterSeconds: 5 });
    }
    const beginning = begin();
    this.starting.add(beginning);
    try {
      return await beginning;
    } finally {
      this.starting.delete(beginning);
    }
  }

  /**
   * Runs a turn's loop under a signal that stops it, until it has come to its end.
   * @param keyId of the API key it was begun with; when that is revoked, so is the turn's right to go on
   * @param deadlineMs the longest it may take
   */
  run(
    turn: { turnId: string; leaseToken: string },
    keyId: string | null,
    deadlineMs: number,
    loop: (signal: AbortSignal) => Promise<void>,
  ): void {
    const abort = new AbortController();
    const deadline = setTimeout(() => abort.abort(new TurnStoppedError('deadline')), deadlineMs);
    const unwatch =
      keyId === null
        ? undefined
        : this.revocations.watch(keyId, () => abort.abort(new TurnStoppedError('key_revoked')));
    const finished = loop(abort.signal)
      .catch((error: unknown) => this.logger.error({ event: 'turn_loop_failed', ...describeError(error) }))
      .finally(() => {
        clearTimeout(deadline);
        unwatch?.();
        this.turns.delete(turn.turnId);
      });
    this.turns.set(turn.turnId, { ...turn, abort, finished });
    if (this.isStopped) abort.abort(new TurnStoppedError('shutting_down'));
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
    while (this.turns.size + this.starting.size > 0) {
      const running = [...this.turns.values()].map(({ finished }) => finished);
      await Promise.allSettled([...running, ...this.starting]);
    }
    clearTimeout(timer);
  }

  private stopAll(): void {
    this.isStopped = true;
    for (const { abort } of this.turns.values()) abort.abort(new TurnStoppedError('shutting_down'));
  }

  /** While there are turns; a round that hangs is not joined by the next. */
  private every(intervalMs: number, failure: string, work: () => Promise<void>): void {
    let isAtWork = false;
    const round = async (): Promise<void> => {
      if (isAtWork || this.turns.size === 0) return;
      isAtWork = true;
      try {
        await work();
      } catch (error) {
        this.logger.warn({ event: failure, ...describeError(error) });
      } finally {
        isAtWork = false;
      }
    };
    this.timers.push(setInterval(() => void round(), intervalMs));
  }

  private async renewLeases(): Promise<void> {
    const held = [...this.turns.values()];
    const kept = new Set(await this.journal.renewLeases(held));
    for (const { turnId, abort } of held) {
      if (!kept.has(turnId)) abort.abort(new TurnStoppedError('lease_lost'));
    }
  }

  private async lookForCancels(): Promise<void> {
    const requested = await this.journal.findCancelRequested([...this.turns.keys()]);
    for (const turnId of requested) {
      this.turns.get(turnId)?.abort.abort(new TurnStoppedError('cancelled'));
    }
  }
}

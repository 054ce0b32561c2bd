import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import { Settings } from '../config/settings';
import type { StoredMessage } from '../conversations/message.types';
import { ModelsService } from '../models/models.service';
import { Metrics } from '../observability/metrics';
import type { Payer } from '../usage/usage.types';
import { ToolRegistry } from '../tools/tool-registry';
import { fillReasoning, projectHistory } from './history-projection';
import { SYSTEM_PROMPT, withContext } from './prompt';
import { RunningTurns } from './running-turns';
import { TurnEvents } from './turn-events';
import { type PreparedCall, TurnJournal } from './turn-journal';
import { type AcceptedTurn, TurnLoop } from './turn-loop';
import { TurnSweeper } from './turn-sweeper';
import { isActive, type Turn, type TurnEvent } from './turn.types';

const REMOTE_CANCEL_POLL_MS = 50;
const REMOTE_CANCEL_DEADLINE_MS = 3000;

export interface NewTurnRequest {
  userId: string;
  payer: Payer;
  /** IANA zone of the user. */
  timezone: string;
  /** null or undefined begins a conversation. */
  conversationId?: number | null;
  message: string;
  model?: string;
}

/** A turn that is accepted and runs, listened to or not. */
export interface StartedTurn {
  turnId: string;
  conversationId: number;
  model: string;
  /** The retired model name that was asked for. */
  replacedModel?: string;
  /** Ends with `completed`, or throws the AppError the turn ended with. For one reader. */
  events: AsyncIterable<TurnEvent>;
}

/** Runs turns: the one loop behind every door. */
@Injectable()
export class AgentService {
  constructor(
    private readonly settings: Settings,
    private readonly journal: TurnJournal,
    private readonly running: RunningTurns,
    private readonly sweeper: TurnSweeper,
    private readonly models: ModelsService,
    private readonly tools: ToolRegistry,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {}

  /**
   * Accepts a turn and sets it going.
   * @throws AppError model_not_allowed, upstream_not_configured, shutting_down, not_found, conversation_busy
   */
  async start(request: NewTurnRequest): Promise<StartedTurn> {
    const { name: model, replaced, provider } = this.models.choose(request.model);
    const events = new TurnEvents();
    const { turnId, conversationId } = await this.running.admit(async () => {
      const turn = await this.accept(request, model, provider.ledgerName);
      this.run(turn, events);
      return turn.position;
    });
    return {
      turnId,
      conversationId,
      model,
      ...(replaced === undefined ? {} : { replacedModel: replaced }),
      events,
    };
  }

  private run(turn: AcceptedTurn, events: TurnEvents): void {
    const { settings, journal, models, tools, metrics, clock } = this;
    this.running.run(turn.position, turn.payer.keyId, settings.agent.turnTimeoutMs, (signal) =>
      new TurnLoop(turn, { settings, journal, models, tools, metrics, clock }, events, signal).run(),
    );
  }

  private async accept(request: NewTurnRequest, model: string, provider: string): Promise<AcceptedTurn> {
    const { userId, payer, timezone, message } = request;
    const [turnId, leaseToken] = [randomUUID(), randomUUID()];
    const prepare = (conversationId: number, history: StoredMessage[]): PreparedCall => {
      const messages = fillReasoning([
        { role: 'system' as const, content: SYSTEM_PROMPT },
        ...projectHistory(history.slice(0, -1), this.settings.agent.historyTokenLimit, provider),
        withContext(message, this.clock.now(), timezone),
      ]);
      const request = { model, messages, tools: this.tools.definitions() };
      const intent = this.models.intend({ payer, turnId, conversationId, step: 1 }, request);
      return { messages, intent };
    };
    const conversationId = request.conversationId ?? undefined;
    const accepted = await this.journal.accept({
      turnId,
      leaseToken,
      userId,
      conversationId,
      message,
      model,
      prepare,
    });
    const position = { turnId, conversationId: accepted.conversationId, leaseToken, step: 1 };
    return { position, userId, payer, timezone, model, messages: accepted.messages, intent: accepted.intent };
  }

  /** @throws AppError not_found when it is absent or another user's */
  find(userId: string, turnId: string): Promise<Turn> {
    return this.journal.find(userId, turnId);
  }

  /**
   * Ends a running turn, on whatever replica it runs; its conversation takes the next message once this returns.
   * A turn that is over stays as it is.
   */
  async cancel(userId: string, turnId: string): Promise<Turn> {
    const turn = await this.journal.find(userId, turnId);
    if (!isActive(turn.state)) return turn;
    await this.journal.requestCancel(userId, turnId);
    if (await this.running.stop(turnId, 'cancelled')) return this.journal.find(userId, turnId);
    if (turn.isLeaseExpired) await this.sweeper.sweep();
    return this.untilOver(userId, turnId);
  }

  /** Waits for the replica that runs the turn to end it. */
  private async untilOver(userId: string, turnId: string): Promise<Turn> {
    const deadline = performance.now() + REMOTE_CANCEL_DEADLINE_MS;
    for (;;) {
      const turn = await this.journal.find(userId, turnId);
      if (!isActive(turn.state) || performance.now() > deadline) return turn;
      await delay(REMOTE_CANCEL_POLL_MS);
    }
  }

  /** Waits for this process's turns on the way down; see RunningTurns. */
  drain(graceMs: number): Promise<void> {
    return this.running.drain(graceMs);
  }
}

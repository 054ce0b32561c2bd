import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { AppError } from '../common/app-error';
import type { Clock } from '../common/clock';
import { describeError } from '../common/describe-error';
import type { Settings } from '../config/settings';
import type { NewMessage, StoredToolCall } from '../conversations/message.types';
import type { Transaction } from '../database/database.service';
import type { ChatMessage, ChatRequest, ModelReply } from '../models/chat.types';
import type { ModelCall } from '../models/model-call';
import type { ModelsService } from '../models/models.service';
import type { Metrics } from '../observability/metrics';
import type { ToolRegistry } from '../tools/tool-registry';
import type { ParsedToolCall, ToolOutcome } from '../tools/tool.types';
import type { CallIntent, Payer, Settlement, TokenUsage } from '../usage/usage.types';
import { makeCallId } from './call-ids';
import { fillReasoning, toChatMessage, withoutExtras } from './history-projection';
import { RepeatedCalls } from './repeated-calls';
import type { TurnEvents } from './turn-events';
import { ABANDONED, CANCELLED, endingFor, type TurnEnding } from './turn-ending';
import { LEASE_SECONDS, type RanTools, type TurnEnd, type TurnJournal, TurnMovedError } from './turn-journal';
import { isActive, type TurnPosition, type TurnResult } from './turn.types';

const END_RETRY_MS = 1000;
const UNKNOWN_TOOL = 'unknown';

export interface LoopServices {
  settings: Settings;
  journal: TurnJournal;
  models: ModelsService;
  tools: ToolRegistry;
  metrics: Metrics;
  clock: Clock;
}

/** A turn after T0: whose it is, where it stands, and what the model is to be shown. */
export interface AcceptedTurn {
  position: TurnPosition;
  userId: string;
  payer: Payer;
  timezone: string;
  model: string;
  messages: ChatMessage[];
  /** Of the first call; committed. */
  intent: CallIntent;
}

/**
 * One turn's loop: asks the model, runs the tools it calls, and again, until it answers in words. Every step is
 * journalled before the next begins, and an event is told only once it is true.
 */
export class TurnLoop {
  private readonly logger = new Logger(TurnLoop.name);
  private messages: ChatMessage[];
  private readonly repeats = new RepeatedCalls();
  private readonly startedAt = performance.now();
  private result: TurnResult;
  private position: TurnPosition;
  private intent: CallIntent;
  /** The call whose settlement is not written yet. */
  private call: ModelCall | undefined;
  private settlement: Settlement | undefined;
  /** Of the next step's call, while T2 that would commit it is under way. */
  private unsentIntent: CallIntent | undefined;
  /** What the model said in this step; not yet in the conversation. */
  private unpublishedText = '';

  constructor(
    private readonly turn: AcceptedTurn,
    private readonly services: LoopServices,
    private readonly events: TurnEvents,
    private readonly signal: AbortSignal,
  ) {
    this.messages = [...turn.messages];
    this.position = turn.position;
    this.intent = turn.intent;
    const usage = { input: 0, cached: 0, output: 0, reasoning: 0 };
    this.result = { response: '', toolCalls: [], changes: [], usage, model: turn.model };
  }

  /** Always ends the events, with `completed` or with the error that whoever waits is told. */
  async run(): Promise<void> {
    this.services.metrics.turnStarted();
    try {
      while (!(await this.takeStep()));
      this.ended('completed');
      this.events.push({ type: 'completed', result: this.result });
      this.events.end();
    } catch (error) {
      await this.endEarly(error).catch((fault: unknown) => {
        this.events.fail(endingFor(fault).error.ofTurn(this.position));
        throw fault;
      });
    }
  }

  /** @returns whether the turn is complete */
  private async takeStep(): Promise<boolean> {
    const { settings, models, tools, journal } = this.services;
    // With tools off the model can only answer in words, so a turn always ends in some.
    const isLast = this.position.step >= settings.agent.maxSteps || this.repeats.isLooping;
    const request: ChatRequest = {
      model: this.turn.model,
      messages: this.messages,
      tools: isLast ? [] : tools.definitions(),
    };
    if (settings.isPromptLogged) {
      const messages = this.messages.map(withoutExtras);
      this.logger.log({ event: 'prompt', turnId: this.position.turnId, messages });
    }
    const { position } = this;
    const retry = (failed: Settlement, next: CallIntent): Promise<void> =>
      journal.retry(position, failed, next);
    this.call = models.converse(request, this.intent, retry, this.signal);
    const reply = await this.listen(this.call);
    const settlement = this.takeSettlement('completed');
    const calls = isLast ? [] : this.readCalls(reply);
    if (calls.length === 0) {
      const text = reply.text === '' ? this.sayWithoutWords() : reply.text;
      const message = this.toMessage(reply, text);
      await this.settled(() => journal.complete(this.position, settlement, this.result, message));
      return true;
    }
    const called = { ...settlement, tools: this.knownTools(calls) };
    await this.settled(() => journal.enterTools(this.position, called, reply));
    await this.runTools(reply, calls);
    return false;
  }

  private async listen(call: ModelCall): Promise<ModelReply> {
    const stream = call.stream();
    this.unpublishedText = '';
    for (;;) {
      const next = await stream.next();
      if (next.done) return next.value;
      // Words before a tool call and the answer after it are two paragraphs.
      const isNewParagraph = this.unpublishedText === '' && this.result.response !== '';
      this.say(isNewParagraph ? `\n\n${next.value}` : next.value);
      this.unpublishedText += next.value;
    }
  }

  private say(text: string): void {
    this.result.response += text;
    this.events.push({ type: 'delta', text });
  }

  private sayWithoutWords(): string {
    const text = this.result.changes.length > 0 ? 'Done.' : 'The model gave no answer. Please ask again.';
    this.say(this.result.response === '' ? text : `\n\n${text}`);
    return text;
  }

  /** Call ids are ours: the same in the answer, the journal and all later history, whatever the provider uses. */
  private readCalls(reply: ModelReply): ParsedToolCall[] {
    const { turnId, step } = this.position;
    return reply.toolCalls.map(({ name, argumentsText }, index) =>
      this.services.tools.parse({ id: makeCallId(turnId, step, index + 1), name, argumentsText }),
    );
  }

  /** What is kept of a reply whose call is settled: also what its provider wants back with it. */
  private toMessage(reply: ModelReply, content: string, toolCalls?: StoredToolCall[]): NewMessage {
    const { provider } = this.intent;
    const extras = reply.extras && { provider, model: this.result.model, ...reply.extras };
    return {
      role: 'assistant',
      content,
      ...(toolCalls === undefined ? {} : { toolCalls }),
      ...(extras === undefined ? {} : { extras }),
    };
  }

  /** The messages so far and new ones, as the model is shown them. */
  private withMessages(added: NewMessage[]): ChatMessage[] {
    const { provider } = this.intent;
    return fillReasoning([...this.messages, ...added.map((message) => toChatMessage(message, provider))]);
  }

  /** A model can make names up; what it calls by them is counted together. */
  private knownTools(calls: ParsedToolCall[]): string[] {
    const { tools } = this.services;
    return [...new Set(calls.map(({ name }) => (tools.has(name) ? name : UNKNOWN_TOOL)))];
  }

  private async runTools(reply: ModelReply, calls: ParsedToolCall[]): Promise<void> {
    const toolCalls = calls.map(toStoredCall);
    for (const call of toolCalls) this.events.push({ type: 'tool_call', call });
    const { outcomes, messages, result, nextIntent } = await this.services.journal.publishTools(
      this.position,
      calls,
      (tx) => this.runCalls(tx, reply, calls, toolCalls),
    );
    this.position = { ...this.position, step: this.position.step + 1 };
    this.intent = nextIntent;
    this.unsentIntent = undefined;
    this.unpublishedText = '';
    this.messages = this.withMessages(messages);
    this.result = result;
    outcomes.forEach((outcome, index) => this.tellOutcome(calls[index]!, outcome));
  }

  /** Inside T2. */
  private async runCalls(
    tx: Transaction,
    reply: ModelReply,
    calls: ParsedToolCall[],
    toolCalls: StoredToolCall[],
  ): Promise<RanTools> {
    const { models, tools, clock } = this.services;
    const context = { userId: this.turn.userId, timezone: this.turn.timezone, now: clock.now(), tx };
    const outcomes: ToolOutcome[] = [];
    for (const call of calls) outcomes.push(await tools.run(call, context));
    const results = outcomes.map(({ result }, index): NewMessage => {
      return { role: 'tool', toolCallId: calls[index]!.id, content: JSON.stringify(result) };
    });
    const messages = [this.toMessage(reply, reply.text, toolCalls), ...results];
    const result = {
      ...this.result,
      toolCalls: [...this.result.toolCalls, ...toolCalls],
      changes: [...this.result.changes, ...outcomes.flatMap(({ changes }) => changes)],
    };
    const nextRequest = {
      model: this.turn.model,
      messages: this.withMessages(messages),
      tools: tools.definitions(),
    };
    const { turnId, conversationId, step } = this.position;
    const nextIntent = models.intend(
      { payer: this.turn.payer, turnId, conversationId, step: step + 1 },
      nextRequest,
    );
    this.unsentIntent = nextIntent;
    return { outcomes, messages, result, nextIntent };
  }

  private tellOutcome(call: ParsedToolCall, { ok, result, changes }: ToolOutcome): void {
    this.services.metrics.countToolCall(this.services.tools.has(call.name) ? call.name : UNKNOWN_TOOL, ok);
    this.repeats.add(call);
    this.events.push({ type: 'tool_result', id: call.id, tool: call.name, isOk: ok, result, changes });
  }

  /** What the last call came to, added to the turn's usage; asked for once a call. */
  private takeSettlement(outcome: 'completed' | 'failed' | 'cancelled'): Settlement {
    const settlement = this.call!.settlement(outcome);
    this.call = undefined;
    this.settlement = settlement;
    this.result.usage = sum(this.result.usage, settlement.tokens);
    this.result.model = settlement.model;
    return settlement;
  }

  /** A move that also settles: afterwards there is nothing left to settle, unless the database did not take it. */
  private async settled(move: () => Promise<void>): Promise<void> {
    try {
      await move();
      this.settlement = undefined;
    } catch (error) {
      // The settling stands by itself: it took place although the turn had been moved by someone else.
      if (error instanceof TurnMovedError) this.settlement = undefined;
      throw error;
    }
  }

  /** T3. Who waits is told once the end is written, or at once where the database cannot be reached. */
  private async endEarly(cause: unknown): Promise<void> {
    const ending = await this.endingFor(cause);
    const error = ending.error.ofTurn(this.position);
    const outcome = ending.state === 'cancelled' ? 'cancelled' : 'failed';
    const settlement = this.call === undefined ? this.leftSettlement() : this.takeSettlement(outcome);
    if (error.status >= 500 && error.cause !== undefined) {
      const { turnId } = this.position;
      this.logger.warn({ event: 'turn_failed', turnId, code: error.code, ...describeError(error.cause) });
    }
    if (error.code === 'database_unavailable') this.events.fail(error);
    if (ending.state === undefined) {
      if (settlement !== undefined) await this.services.journal.settle(settlement);
    } else {
      await this.writeEnd(settlement, {
        state: ending.state,
        error: ending.state === 'cancelled' ? undefined : { code: error.code, message: error.message },
        isResumable: ending.isResumable,
        result: this.result,
        partialText: this.unpublishedText,
      });
    }
    this.ended(ending.state ?? 'abandoned', error.code);
    this.events.fail(error);
  }

  /** Between two calls: one whose settlement the database did not take, or one that T2 may have committed unsent. */
  private leftSettlement(): Settlement | undefined {
    const unsent = this.unsentIntent;
    return this.settlement ?? (unsent && this.services.models.unsentSettlement(unsent));
  }

  private async endingFor(cause: unknown): Promise<TurnEnding> {
    if (!(cause instanceof TurnMovedError)) return endingFor(cause);
    return (await this.isCancelRequested()) ? CANCELLED : ABANDONED;
  }

  /** Tries for as long as the lease lives; after that the sweeper closes the turn. */
  private async writeEnd(settlement: Settlement | undefined, end: TurnEnd): Promise<void> {
    const deadline = performance.now() + LEASE_SECONDS * 1000;
    let unwritten = settlement;
    for (;;) {
      try {
        await this.services.journal.end(this.position, unwritten, end);
        return;
      } catch (failure) {
        const isAway = failure instanceof AppError && failure.code === 'database_unavailable';
        const isRefused = !isAway && !(failure instanceof TurnMovedError) && unwritten !== undefined;
        if (!isRefused && (!isAway || performance.now() > deadline)) {
          const { turnId } = this.position;
          this.logger.warn({ event: 'turn_end_not_written', turnId, ...describeError(failure) });
          return;
        }
        // A settlement that the ledger refuses must not keep the conversation; the sweeper books the call.
        if (isRefused) unwritten = undefined;
        else await delay(END_RETRY_MS);
      }
    }
  }

  private async isCancelRequested(): Promise<boolean> {
    const { position } = this;
    try {
      const turn = await this.services.journal.find(this.turn.userId, position.turnId);
      return isActive(turn.state) && turn.leaseToken === position.leaseToken && turn.isCancelRequested;
    } catch {
      return false;
    }
  }

  private ended(outcome: 'completed' | 'cancelled' | 'failed' | 'abandoned', code?: string): void {
    this.services.metrics.turnEnded(outcome);
    this.logger.log({
      event: `turn_${outcome}`,
      turnId: this.position.turnId,
      conversationId: this.position.conversationId,
      model: this.result.model,
      steps: this.position.step,
      toolCalls: this.result.toolCalls.length,
      inputTokens: this.result.usage.input,
      outputTokens: this.result.usage.output,
      durationMs: Math.round(performance.now() - this.startedAt),
      ...(code === undefined ? {} : { code }),
    });
  }
}

function toStoredCall({ id, name, arguments: given, error }: ParsedToolCall): StoredToolCall {
  return { id, tool: name, arguments: given, ...(error === undefined ? {} : { error }) };
}

function sum(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    input: a.input + b.input,
    cached: a.cached + b.cached,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
  };
}

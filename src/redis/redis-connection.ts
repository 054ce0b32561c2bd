import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import { answerInTime, RedisAwayError } from './answer-in-time';
import { makeRedisClient, type RedisClient } from './redis-client';
import { isRefusal, reasonOf } from './redis-faults';

/** A request waits for three answers at the most, a sign-in for its rate, its beginning and its end: 300 ms together. */
const LONGEST_ANSWER_MS = 100;
/** What the start waits for Redis; then the app runs without it. */
const LONGEST_START_MS = 1000;
const PROBE_INTERVAL_MS = 1000;
/** After this long without an answer or a failure, the client's connection is taken for dead. */
const LONGEST_SILENCE_MS = 10_000;
const REFUSAL_LOG_INTERVAL_MS = 60_000;

/**
 * The shared Redis, where there is one. Nothing waits for it longer than a moment: once it fails to answer, or does so late
 * twice, one after the other, commands fail at once until a probe, which no request waits for, finds it answering again.
 */
@Injectable()
export class RedisConnection implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(RedisConnection.name);
  private readonly listeners: (() => void)[] = [];
  private client: RedisClient | undefined;
  private state: 'new' | 'up' | 'away' | 'closed' = 'new';
  private probing: NodeJS.Timeout | undefined;
  private heardAt = 0;
  private failedAt = Number.NEGATIVE_INFINITY;
  /** Since when no answer came in time to what was asked after one was late. */
  private lateSince = Number.POSITIVE_INFINITY;
  private refusalToldAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly settings: Settings,
    private readonly metrics: Metrics,
  ) {}

  get isConfigured(): boolean {
    return this.settings.redisUrl !== undefined;
  }

  /** Whether it answered last. */
  get isUp(): boolean {
    return this.state === 'up';
  }

  /** Whether it may miss something of the last so many milliseconds: it was away or late, or refused a command. */
  hasFailedWithin(periodMs: number): boolean {
    return this.state !== 'up' || performance.now() - this.failedAt < periodMs;
  }

  /** Calls the listener whenever Redis is there, again or for the first time. */
  onUp(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * @returns what Redis answers, within 100 ms
   * @throws RedisAwayError where it does not, or did not lately; the client's error where the command is refused or lost
   */
  async run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.state !== 'up') throw new RedisAwayError('Redis is away.');
    const askedAt = performance.now();
    try {
      const answer = await answerInTime(command(this.client!), LONGEST_ANSWER_MS);
      if (askedAt > this.lateSince) this.lateSince = Number.POSITIVE_INFINITY;
      return answer;
    } catch (error) {
      if (isRefusal(error)) this.noteRefusal(error);
      else if (error instanceof RedisAwayError) this.noteLate(error, askedAt);
      else this.markAway(error);
      throw error;
    }
  }

  async onModuleInit(): Promise<void> {
    if (!this.isConfigured) return;
    this.metrics.setRedisUp(false);
    const client = await this.connect();
    const firstNews = new Promise<void>((resolve) => {
      client.once('ready', () => resolve()).once('error', () => resolve());
    });
    await answerInTime(firstNews, LONGEST_START_MS).catch((error: unknown) => this.markAway(error));
  }

  async onModuleDestroy(): Promise<void> {
    const wasUp = this.isUp;
    this.state = 'closed';
    clearInterval(this.probing);
    // What was sent last is to arrive: slots that are given back.
    if (wasUp) await answerInTime(this.client!.close(), LONGEST_ANSWER_MS).catch(() => undefined);
    this.client?.destroy();
  }

  private async connect(): Promise<RedisClient> {
    const client = await makeRedisClient(this.settings.redisUrl!);
    this.client?.removeAllListeners('ready').destroy();
    this.client = client;
    this.heardAt = performance.now();
    client.on('ready', () => this.markUp());
    client.on('error', (error) => {
      if (client !== this.client) return;
      this.heardAt = performance.now();
      this.markAway(error);
    });
    // It goes on trying by itself, and tells of each failure above.
    if (this.state !== 'closed') client.connect().catch(() => undefined);
    return client;
  }

  private async probe(): Promise<void> {
    if (performance.now() - this.heardAt > LONGEST_SILENCE_MS) await this.connect();
    if (!this.client!.isReady) return;
    await answerInTime(this.client!.ping(), LONGEST_ANSWER_MS);
    this.markUp();
  }

  private markUp(): void {
    if (this.state === 'up' || this.state === 'closed') return;
    if (this.state === 'away') {
      this.failedAt = performance.now();
      this.logger.log({ event: 'redis_back' });
    }
    this.state = 'up';
    this.lateSince = Number.POSITIVE_INFINITY;
    clearInterval(this.probing);
    this.metrics.setRedisUp(true);
    for (const listener of this.listeners) listener();
  }

  private markAway(error: unknown): void {
    this.failedAt = performance.now();
    if (this.state === 'away' || this.state === 'closed') return;
    this.state = 'away';
    this.heardAt = performance.now();
    this.metrics.setRedisUp(false);
    this.logger.warn({
      event: 'redis_away',
      reason: reasonOf(error),
      limits: 'in the memory of each instance',
    });
    this.probing = setInterval(() => void this.probe().catch(() => undefined), PROBE_INTERVAL_MS).unref();
  }

  /** Of a busy machine all that is under way may be late at once; what is asked after that tells more. */
  private noteLate(error: RedisAwayError, askedAt: number): void {
    this.failedAt = performance.now();
    if (askedAt > this.lateSince) this.markAway(error);
    else this.lateSince = Math.min(this.lateSince, this.failedAt);
  }

  /** A Redis that is full, say, refuses every command: it is told of now and then. */
  private noteRefusal(error: unknown): void {
    this.failedAt = performance.now();
    if (this.failedAt - this.refusalToldAt < REFUSAL_LOG_INTERVAL_MS) return;
    this.refusalToldAt = this.failedAt;
    this.logger.warn({ event: 'redis_refused', reason: reasonOf(error) });
  }
}

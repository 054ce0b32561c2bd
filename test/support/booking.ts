import { randomUUID } from 'node:crypto';
import { Database } from '../../src/database/database.service';
import { CallBook } from '../../src/usage/call-book';
import { UsageService } from '../../src/usage/usage.service';
import type { CallIntent, Settlement } from '../../src/usage/usage.types';
import type { TestApp } from './app';

/** A call with the fields that tests set; the rest get default values. */
export interface Booking {
  userId: string | null;
  timezone?: string;
  keyId?: string;
  conversationId?: number;
  intent?: Partial<CallIntent>;
  settlement?: Partial<Settlement>;
}

const usage = ({ app }: TestApp): UsageService => app.get(UsageService, { strict: false });

/**
 * Opens a call as the doors do, without sending it.
 * @returns its id
 */
export async function openCall(app: TestApp, booking: Booking): Promise<string> {
  const { userId, timezone = 'UTC', keyId = null, conversationId = null, intent } = booking;
  const id = randomUUID();
  const whole: CallIntent = {
    id,
    payer: { id: userId ?? '00000000-0000-8000-8000-000000000000', userId, keyId, timezone },
    turnId: null,
    conversationId,
    step: null,
    attempt: 1,
    door: 'chat',
    provider: 'openai',
    model: 'gpt-4o-mini',
    inputTokensEstimate: 10,
    worstCase: { tokens: 100, outputTokens: 90, answers: 1, costMicroUsd: 1000 },
    ...intent,
  };
  // Only turns have conversations, and turns open their calls this way.
  if (conversationId !== null) await usage(app).open(app.app.get(Database), whole);
  else await app.app.get(CallBook, { strict: false }).open(whole);
  return id;
}

/** Settles a call; by default at 10 input tokens, 5 output tokens and 7 micro-USD. */
export async function settleCall(
  app: TestApp,
  callId: string,
  settlement: Partial<Settlement> = {},
): Promise<void> {
  await usage(app).settle(app.app.get(Database), {
    callId,
    model: 'gpt-4o-mini',
    outcome: 'completed',
    isEstimated: false,
    tokens: { input: 10, cached: 0, output: 5, reasoning: 0 },
    costMicroUsd: 7,
    priceDate: '2024-07-18',
    ...settlement,
  });
}

export async function bookCall(app: TestApp, booking: Booking): Promise<string> {
  const id = await openCall(app, booking);
  await settleCall(app, id, booking.settlement);
  return id;
}

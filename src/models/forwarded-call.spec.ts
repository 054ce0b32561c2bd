import { APIError } from 'openai';
import { AppError } from '../common/app-error';
import { Clock } from '../common/clock';
import type { Metrics } from '../observability/metrics';
import type { CallBook } from '../usage/call-book';
import type { CallIntent, Settlement } from '../usage/usage.types';
import { clientLeft, ForwardedCall } from './forwarded-call';
import type { Provider } from './provider';
import type { ExchangeListener } from './upstream-exchange';

const INTENT: CallIntent = {
  id: '00000000-0000-4000-8000-000000000000',
  payer: { id: 'a0000000-0000-4000-8000-000000000000', userId: null, keyId: null, timezone: 'UTC' },
  turnId: null,
  conversationId: null,
  step: null,
  attempt: 1,
  door: 'chat',
  provider: 'openai',
  model: 'gpt-4o-mini',
  inputTokensEstimate: 100,
  worstCase: { tokens: 4500, outputTokens: 4096, answers: 1, costMicroUsd: 2500 },
};
const FELL = new AppError('shutting_down', 'The server is shutting down.');

interface Sent {
  id: string;
  body: unknown;
  listener: ExchangeListener;
}

/** A call between fakes: nothing is sent before `write`, and nothing answered but by the test. */
class Scene {
  readonly opened: CallIntent[] = [];
  readonly settled: Settlement[] = [];
  readonly sent: Sent[] = [];
  readonly onOver = jest.fn();
  isLimited = false;
  private writing: { resolve(): void; reject(error: Error): void }[] = [];
  readonly call: ForwardedCall;

  constructor(isRetried = true) {
    const provider = {
      exchange: (
        { headers, body }: { headers: Record<string, string>; body: unknown },
        listener: ExchangeListener,
      ) => {
        this.sent.push({ id: headers['x-client-request-id']!, body, listener });
        return { isSent: true, abort: () => undefined };
      },
    };
    const book = {
      open: (intent: CallIntent) => {
        this.opened.push(intent);
        return new Promise<{ isLimited: boolean }>((resolve, reject) =>
          this.writing.push({ resolve: () => resolve({ isLimited: this.isLimited }), reject }),
        );
      },
      settle: (settlement: Settlement) => this.settled.push(settlement),
    };
    this.call = new ForwardedCall(
      provider as unknown as Provider,
      { method: 'POST', path: '/x', body: 'the body', isRetried },
      INTENT,
      {
        book: book as unknown as CallBook,
        metrics: { countModelCall: () => undefined } as unknown as Metrics,
        clock: new Clock(),
        onOver: this.onOver,
      },
    );
  }

  /** The intent that is being written is written, or is not. */
  async write(error?: Error): Promise<void> {
    const { resolve, reject } = this.writing.shift()!;
    if (error === undefined) resolve();
    else reject(error);
    await settledTasks();
  }

  /** The provider answers what was sent last. */
  async answer(status: number, headers: Record<string, string> = {}): Promise<void> {
    const { listener } = this.sent.at(-1)!;
    listener.onHead({ status, headers });
    if (status !== 200) listener.onEnd();
    await settledTasks();
  }

  get outcomes(): string[] {
    return this.settled.map(({ outcome }) => outcome);
  }
}

const settledTasks = async (): Promise<void> => {
  for (let task = 0; task < 10; task++) await Promise.resolve();
};

describe('ForwardedCall', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('sends once its intent is written, and not before', async () => {
    const scene = new Scene();
    const head = scene.call.send();
    expect([scene.opened.length, scene.sent.length]).toEqual([1, 0]);
    await scene.write();
    expect(scene.sent.map(({ id }) => id)).toEqual([INTENT.id]);
    await scene.answer(200);
    await expect(head).resolves.toMatchObject({ status: 200 });
    expect(scene.onOver).not.toHaveBeenCalled();
    scene.sent[0]!.listener.onEnd();
    expect(scene.onOver).toHaveBeenCalledTimes(1);
  });

  it('sends nothing whose intent cannot be written', async () => {
    const scene = new Scene();
    const head = scene.call.send();
    head.catch(() => undefined);
    await scene.write(new AppError('database_unavailable', 'The database cannot be reached.'));
    await expect(head).rejects.toMatchObject({ code: 'database_unavailable' });
    expect([scene.sent, scene.onOver.mock.calls.length]).toEqual([[], 1]);
    // Should it be written after all, and only the answer be lost.
    expect(scene.settled).toMatchObject([
      { callId: INTENT.id, outcome: 'failed', isEstimated: false, tokens: { input: 0, output: 0 } },
    ]);
  });

  it('tries twice more, each an attempt of its own with an intent of its own', async () => {
    const scene = new Scene();
    const head = scene.call.send();
    head.catch(() => undefined);
    for (const attempt of [1, 2, 3]) {
      await scene.write();
      await scene.answer(500);
      expect(scene.settled).toHaveLength(attempt);
      await jest.advanceTimersByTimeAsync(5000);
    }
    await expect(head).rejects.toMatchObject({ code: 'upstream_error' });
    expect(scene.opened.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(scene.opened.map(({ id }) => id)).size).toBe(3);
    expect(scene.sent.map(({ id }) => id)).toEqual(scene.opened.map(({ id }) => id));
    expect(scene.sent.map(({ body }) => body)).toEqual(['the body', 'the body', 'the body']);
    expect(scene.outcomes).toEqual(['failed', 'failed', 'failed']);
    expect(scene.onOver).toHaveBeenCalledTimes(1);
  });

  it('does not come back before the provider wants it to', async () => {
    const scene = new Scene();
    scene.call.send().catch(() => undefined);
    await scene.write();
    await scene.answer(429, { 'retry-after': '7' });
    await jest.advanceTimersByTimeAsync(7000);
    expect(scene.opened).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1000);
    expect(scene.opened).toHaveLength(2);
  });

  it.each([
    ['where it was told not to', false, 500, {}],
    ['what the client did wrong', true, 400, {}],
    ['after a limit without a time', true, 429, {}],
    ['after a time that is too long', true, 429, { 'retry-after': '11' }],
  ])('does not try again %s', async (_, isRetried, status, headers) => {
    const scene = new Scene(isRetried);
    const head = scene.call.send();
    head.catch(() => undefined);
    await scene.write();
    await scene.answer(status, headers);
    await expect(head).rejects.toBeInstanceOf(AppError);
    expect(jest.getTimerCount()).toBe(0);
    expect(scene.onOver).toHaveBeenCalledTimes(1);
  });

  describe('stopped', () => {
    it('before it is sent opens nothing', async () => {
      const scene = new Scene();
      scene.call.stop();
      await expect(scene.call.send()).rejects.toMatchObject({ code: 'client_left', status: 499 });
      expect([scene.opened, scene.settled]).toEqual([[], []]);
    });

    it.each([['cancelled', clientLeft()] as const, ['interrupted', FELL] as const])(
      'while its intent is written sends nothing, and is booked as %s at nothing',
      async (outcome, reason) => {
        const scene = new Scene();
        const head = scene.call.send();
        head.catch(() => undefined);
        scene.call.stop(reason, outcome);
        await scene.write();
        await expect(head).rejects.toBe(reason);
        expect(scene.sent).toEqual([]);
        expect(scene.settled).toMatchObject([{ outcome, isEstimated: false, tokens: { input: 0 } }]);
        expect(scene.onOver).toHaveBeenCalledTimes(1);
      },
    );

    it('while the provider works is an estimate', async () => {
      const scene = new Scene();
      const head = scene.call.send();
      head.catch(() => undefined);
      await scene.write();
      scene.call.stop();
      await expect(head).rejects.toMatchObject({ code: 'client_left' });
      expect(scene.settled).toMatchObject([
        { outcome: 'cancelled', isEstimated: true, tokens: { input: 100 } },
      ]);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('between two attempts ends at once, and asks no more', async () => {
      const scene = new Scene();
      const head = scene.call.send();
      head.catch(() => undefined);
      await scene.write();
      await scene.answer(429, { 'retry-after': '10' });
      expect(jest.getTimerCount()).toBe(1);
      scene.call.stop();
      await expect(head).rejects.toMatchObject({ code: 'client_left' });
      expect([jest.getTimerCount(), scene.opened.length]).toEqual([0, 1]);
      expect(scene.outcomes).toEqual(['failed']);
    });

    it('in the middle of the answer tells its sink why', async () => {
      const scene = new Scene();
      const head = scene.call.send();
      await scene.write();
      await scene.answer(200);
      await head;
      const onBroken = jest.fn();
      scene.call.flow({ onBytes: jest.fn(), onEnd: jest.fn(), onBroken });
      scene.call.stop(FELL, 'interrupted');
      scene.call.stop();
      expect(onBroken.mock.calls).toEqual([[FELL]]);
      expect(scene.outcomes).toEqual(['interrupted']);
      expect(scene.onOver).toHaveBeenCalledTimes(1);
    });
  });

  it('is over once, also where the whole answer comes with its head', async () => {
    const scene = new Scene();
    const head = scene.call.send();
    await scene.write();
    const { listener } = scene.sent[0]!;
    listener.onHead({ status: 200, headers: {} });
    listener.onBytes(Buffer.from('{}'));
    listener.onEnd();
    await head;
    expect(scene.onOver).toHaveBeenCalledTimes(1);
    const told: string[] = [];
    scene.call.flow({
      onBytes: (chunk) => told.push(chunk.toString()),
      onEnd: () => told.push('end'),
      onBroken: (error) => told.push(error.code),
    });
    expect(told).toEqual(['{}', 'end']);
  });

  it('fails as the contract says, with none of the provider’s words', async () => {
    const scene = new Scene(false);
    const head = scene.call.send();
    await scene.write();
    const failure = APIError.generate(401, { error: { message: 'sk-planted' } }, undefined, new Headers());
    scene.sent[0]!.listener.onFailure(failure);
    const error: AppError = await head.then(
      () => Promise.reject(new Error('It did not fail.')),
      (fault: AppError) => fault,
    );
    expect(error.code).toBe('upstream_auth_failed');
    expect(`${error.message} ${String(error.cause)}`).not.toContain('planted');
  });
});

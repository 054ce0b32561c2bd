import fc from 'fast-check';
import { AppError } from '../common/app-error';
import { Clock } from '../common/clock';
import type { Metrics } from '../observability/metrics';
import type { CallBook } from '../usage/call-book';
import type { CallIntent, Settlement } from '../usage/usage.types';
import { type ByteSink, CallAttempt } from './call-attempt';
import type { Provider } from './provider';
import { UpstreamIdleError } from './upstream-errors';
import type { ExchangeListener } from './upstream-exchange';

const INTENT: CallIntent = {
  id: 'c0a8e6f2-5b1d-4c7e-9a53-1f2d3c4b5a69',
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
const ANSWER = Buffer.from('{"model":"gpt-4o-mini","usage":{"prompt_tokens":21,"completion_tokens":7}}');
const LEFT = new AppError('client_left', 'The client has left.');

/** Notes what it is told, as text. */
class Sink implements ByteSink {
  readonly told: string[] = [];
  onBytes(chunk: Buffer): void {
    this.told.push(chunk.toString());
  }
  onEnd(): void {
    this.told.push('end');
  }
  onBroken({ code }: AppError): void {
    this.told.push(code);
  }
}

/** An attempt between fakes: its provider does what the test does. */
function begin(isConnected = true) {
  const settlements: Settlement[] = [];
  const exchange = { isSent: isConnected, abort: jest.fn(), pause: jest.fn(), resume: jest.fn() };
  const exchangeOf = jest.fn((_request: unknown, _listener: ExchangeListener) => exchange);
  const onOver = jest.fn();
  const attempt = new CallAttempt(
    INTENT,
    {
      book: { settle: (settlement: Settlement) => settlements.push(settlement) } as unknown as CallBook,
      metrics: { countModelCall: () => undefined } as unknown as Metrics,
      clock: new Clock(),
    },
    onOver,
  );
  const send = () =>
    attempt.send({ exchange: exchangeOf } as unknown as Provider, {
      method: 'POST',
      path: '/x',
      headers: { a: 'b', 'x-client-request-id': 'the client’s' },
    });
  return { attempt, exchange, exchangeOf, settlements, onOver, send };
}

describe('CallAttempt', () => {
  it('sends its own id, whatever else is in the headers', () => {
    const { send, exchangeOf } = begin();
    void send();
    expect(exchangeOf.mock.calls[0]![0]).toMatchObject({
      headers: { a: 'b', 'x-client-request-id': INTENT.id },
    });
  });

  it('hands over what came before the sink and what comes after, and books it', async () => {
    const { attempt, send, settlements, onOver } = begin();
    const head = send();
    attempt.onHead({ status: 200, headers: {} });
    attempt.onBytes(ANSWER.subarray(0, 10));
    const sink = new Sink();
    await head;
    attempt.flow(sink);
    attempt.onBytes(ANSWER.subarray(10));
    expect(settlements).toEqual([]);
    attempt.onEnd();
    expect(sink.told.join('')).toBe(`${ANSWER.toString()}end`);
    expect(settlements).toMatchObject([
      { callId: INTENT.id, outcome: 'completed', isEstimated: false, tokens: { input: 21, output: 7 } },
    ]);
    expect(onOver).toHaveBeenCalledTimes(1);
  });

  it.each<[string, (attempt: CallAttempt) => void, string]>([
    ['whole', (attempt) => attempt.onEnd(), 'end'],
    ['broken', (attempt) => attempt.onFailure(new UpstreamIdleError('idle')), 'upstream_timeout'],
    ['stopped', (attempt) => attempt.stop(LEFT, 'cancelled'), 'client_left'],
  ])('tells a sink that comes late of an answer that is %s', (_, end, told) => {
    const { attempt, send } = begin();
    send().catch(() => undefined);
    attempt.onHead({ status: 200, headers: {} });
    attempt.onBytes(Buffer.from('hello'));
    end(attempt);
    const sink = new Sink();
    attempt.flow(sink);
    expect(sink.told).toEqual(['hello', told]);
  });

  it.each([
    ['an error with words', [Buffer.from('{"error":{"code":"too_long"}}')], { fault: { code: 'too_long' } }],
    ['an error without', [], { status: 400 }],
  ])('fails with %s, and has cost nothing', async (_, chunks, failure) => {
    const { attempt, send, settlements } = begin();
    const head = send();
    attempt.onHead({ status: 400, headers: {} });
    chunks.forEach((chunk) => attempt.onBytes(chunk));
    attempt.onEnd();
    await expect(head).rejects.toMatchObject(failure);
    expect(settlements).toMatchObject([{ outcome: 'failed', isEstimated: false, tokens: { input: 0 } }]);
  });

  it('reads no more of an error than 64 KiB', async () => {
    const { attempt, send, exchange } = begin();
    const head = send();
    attempt.onHead({ status: 500, headers: {} });
    attempt.onBytes(Buffer.alloc(64 * 1024));
    await expect(head).rejects.toMatchObject({ status: 500 });
    expect(exchange.abort).toHaveBeenCalled();
  });

  it.each([
    ['that waits for a connection, and books nothing', false, 0, false],
    ['that is sent, and estimates', true, 100, true],
  ])('stops one %s', async (_, isConnected, input, isEstimated) => {
    const { attempt, send, exchange, settlements } = begin(isConnected);
    const head = send();
    attempt.stop(LEFT, 'cancelled');
    await expect(head).rejects.toBe(LEFT);
    expect(exchange.abort).toHaveBeenCalledTimes(1);
    expect(settlements).toMatchObject([{ outcome: 'cancelled', isEstimated, tokens: { input } }]);
  });

  it('stopped before it was sent has cost nothing', () => {
    const { attempt, settlements } = begin();
    attempt.stop(LEFT, 'interrupted');
    expect(settlements).toMatchObject([{ outcome: 'interrupted', isEstimated: false, tokens: { input: 0 } }]);
  });

  it('is settled once, and its sink told its end at most once, whatever comes in whatever order', () => {
    type Act = (attempt: CallAttempt, sink: Sink) => void;
    const acts: Record<string, Act> = {
      head: (attempt) => attempt.onHead({ status: 200, headers: {} }),
      refusal: (attempt) => attempt.onHead({ status: 500, headers: {} }),
      bytes: (attempt) => attempt.onBytes(Buffer.from('x')),
      flow: (attempt, sink) => attempt.flow(sink),
      end: (attempt) => attempt.onEnd(),
      failure: (attempt) => attempt.onFailure(new Error('broken')),
      cancel: (attempt) => attempt.stop(LEFT, 'cancelled'),
      interrupt: (attempt) => attempt.stop(LEFT, 'interrupted'),
    };
    const names = fc.array(fc.constantFrom(...Object.keys(acts)), { maxLength: 12 });
    fc.assert(
      fc.property(names, (order) => {
        const { attempt, send, settlements, onOver } = begin();
        send().catch(() => undefined);
        const sink = new Sink();
        // A door hands over its sink once.
        const once = order.filter((name, at) => name !== 'flow' || order.indexOf('flow') === at);
        for (const name of [...once, 'cancel']) acts[name]!(attempt, sink);
        expect(settlements).toHaveLength(1);
        expect(onOver).toHaveBeenCalledTimes(1);
        expect(sink.told.filter((told) => told !== 'x').length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

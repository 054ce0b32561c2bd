import fc from 'fast-check';
import type { AppError } from '../common/app-error';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { DeltaReader, type DeltaSummary } from './delta-reader';

const STREAM = { status: 200, headers: { 'content-type': 'text/event-stream' } };
const USAGE = { prompt_tokens: 1 };

const frame = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`;
const delta = (fields: unknown, reason: string | null = null): string =>
  frame({ model: 'gpt-x', choices: [{ index: 0, delta: fields, finish_reason: reason }] });
const END = `${delta({}, 'stop')}${frame({ choices: [], usage: USAGE })}data: [DONE]\n\n`;

interface Told {
  deltas: string[];
  summary?: DeltaSummary;
  broken: AppError[];
  /** How often the provider was stopped. */
  stops: number;
}

/** Reads these bytes, in pieces of so many. */
function read(text: string, size = 1000, end: (sink: ByteSink) => void = (sink) => sink.onEnd()): Told {
  const told: Told = { deltas: [], broken: [], stops: 0 };
  const call = {
    model: 'asked',
    flow: (sink: ByteSink) => {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size) sink.onBytes(bytes.subarray(at, at + size));
      end(sink);
    },
    stop: () => void told.stops++,
  } as unknown as ForwardedCall;
  new DeltaReader(call, {
    onDelta: (said) => told.deltas.push(said),
    onEnd: (summary) => (told.summary = summary),
    onBroken: (error) => told.broken.push(error),
  }).run(STREAM);
  return told;
}

describe('DeltaReader', () => {
  it('reads the same text, however the bytes come', () => {
    const pieces = fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1 });
    const ends = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 64 }), ends, (texts, size, end) => {
        const wellFormed = texts.map((text) => text.toWellFormed());
        const stream = wellFormed.map((content) => delta({ content })).join('') + END;
        const { deltas, summary } = read(stream.replaceAll('\n', end), size);
        expect(deltas).toEqual(wellFormed);
        expect(summary).toEqual({ usage: USAGE, model: 'gpt-x', finishReason: 'stop' });
      }),
    );
  });

  it.each<[string, string, string[]]>([
    ['a refusal as text', delta({ refusal: 'No.' }), ['No.']],
    ['text and a refusal', delta({ content: 'a', refusal: 'b' }), ['ab']],
    ['nothing of empty text', delta({ content: '' }), []],
    ['nothing of null', delta({ content: null, refusal: null }), []],
    ['nothing of a delta that is null', delta(null), []],
    ['nothing of tool calls', delta({ tool_calls: [{ index: 0 }] }), []],
    [
      'text in parts',
      delta({
        content: [
          { type: 'thinking', thinking: [] },
          { type: 'text', text: 'a' },
        ],
      }),
      ['a'],
    ],
    ['nothing of choices that are null', frame({ choices: null }), []],
    ['nothing of an event without choices', frame({}), []],
    ['nothing of a second choice', frame({ choices: [{}, { delta: { content: 'a' } }] }), []],
    ['nothing of comments', ': ping\n\n', []],
    [
      'a message over several lines of data',
      'data: {"choices":[{"delta":\ndata: {"content":"a"}}]}\n\n',
      ['a'],
    ],
  ])('tells %s', (_, stream, deltas) => {
    const told = read(stream + END);
    expect(told).toMatchObject({ deltas, broken: [], stops: 0 });
  });

  it('names the model that was asked for where the provider names none, and no usage where it tells none', () => {
    const stream = frame({ choices: [{ delta: { content: 'a' }, finish_reason: 'length' }] });
    expect(read(stream).summary).toEqual({ usage: null, model: 'asked', finishReason: 'length' });
  });

  it.each<[string, string, string]>([
    ['an error', frame({ error: { message: 'planted' } }), 'upstream_error'],
    ['an error that asks to wait', frame({ error: { code: 'rate_limit_exceeded' } }), 'rate_limited'],
    ['what is no JSON', 'data: {planted\n\n', 'upstream_invalid_response'],
    ['an event over 16 MiB', `data: "${'x'.repeat(16 * 1024 * 1024)}"\n\n`, 'upstream_invalid_response'],
  ])('breaks off at %s, and stops the provider', (_, stream, code) => {
    const { deltas, broken, stops, summary } = read(
      delta({ content: 'a' }) + stream + delta({ content: 'never' }),
    );
    expect([deltas, stops, summary]).toEqual([['a'], 1, undefined]);
    expect(broken).toMatchObject([{ code }]);
    expect(`${broken[0]!.message} ${String(broken[0]!.cause)}`).not.toContain('planted');
  });

  it('takes an end without a reason for none', () => {
    const { broken, stops, summary } = read(delta({ content: 'a' }));
    expect([stops, summary]).toEqual([1, undefined]);
    expect(broken).toMatchObject([{ code: 'upstream_error' }]);
  });

  it('tells once that the answer broke, and nothing after', () => {
    const error = { code: 'client_left' } as AppError;
    const told = read(delta({ content: 'a' }), 1000, (sink) => {
      sink.onBroken(error);
      sink.onBytes(Buffer.from(delta({ content: 'never' })));
      sink.onEnd();
      sink.onBroken(error);
    });
    expect(told).toEqual({ deltas: ['a'], broken: [error], stops: 0 });
  });

  it('takes nothing that is no stream', () => {
    const stop = jest.fn();
    const reader = new DeltaReader({ model: 'asked', stop } as unknown as ForwardedCall, {
      onDelta: () => undefined,
      onEnd: () => undefined,
      onBroken: () => undefined,
    });
    expect(() => reader.run({ status: 200, headers: { 'content-type': 'application/json' } })).toThrow();
    expect(stop).toHaveBeenCalledTimes(1);
  });
});

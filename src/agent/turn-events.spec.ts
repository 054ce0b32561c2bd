import fc from 'fast-check';
import { TurnEvents } from './turn-events';
import type { TurnEvent, TurnResult } from './turn.types';

const delta = (text: string): TurnEvent => ({ type: 'delta', text });
const toolCall = (id: string): TurnEvent => ({
  type: 'tool_call',
  call: { id, tool: 'get_task', arguments: {} },
});
const completed: TurnEvent = { type: 'completed', result: { response: 'Done.' } as TurnResult };

const readAll = async (events: TurnEvents): Promise<TurnEvent[]> => {
  const read: TurnEvent[] = [];
  for await (const event of events) read.push(event);
  return read;
};

/** Neighbouring pieces of text as one. */
const joined = (events: TurnEvent[]): TurnEvent[] =>
  events.reduce<TurnEvent[]>((all, event) => {
    const last = all.at(-1);
    if (event.type !== 'delta' || last?.type !== 'delta') return [...all, event];
    return [...all.slice(0, -1), delta(last.text + event.text)];
  }, []);

describe('TurnEvents', () => {
  const anyEvents = fc.array(fc.oneof(fc.string().map(delta), fc.string().map(toolCall)));

  it('hands over everything in order, text whole, however reader and loop take turns', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents, fc.infiniteStream(fc.boolean()), async (pushed, pauses) => {
        const events = new TurnEvents();
        const reading = readAll(events);
        for (const event of pushed) {
          events.push(event);
          if (pauses.next().value) await Promise.resolve();
        }
        events.end();
        expect(joined(await reading)).toEqual(joined(pushed));
      }),
    );
  });

  it('keeps what was told before anyone listened, its text as one piece', async () => {
    const events = new TurnEvents();
    ['a', 'b', 'c'].forEach((text) => events.push(delta(text)));
    events.push(toolCall('1'));
    events.push(delta('d'));
    events.push(completed);
    events.end();
    expect(await readAll(events)).toEqual([delta('abc'), toolCall('1'), delta('d'), completed]);
  });

  it('hands each piece to a reader who waits as soon as it is told', async () => {
    const events = new TurnEvents();
    const reader = events[Symbol.asyncIterator]();
    for (const text of ['a', 'b']) {
      const next = reader.next();
      events.push(delta(text));
      expect(await next).toEqual({ done: false, value: delta(text) });
    }
    const last = reader.next();
    events.end();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  it('never changes an event it was given', async () => {
    const events = new TurnEvents();
    const first = Object.freeze(delta('a'));
    events.push(first);
    events.push(delta('b'));
    events.end();
    expect(await readAll(events)).toEqual([delta('ab')]);
    expect(first).toEqual(delta('a'));
  });

  it.each([['before anyone listened'], ['while a reader waits']])(
    'throws the failure after all that was told, failing %s',
    async (moment) => {
      const events = new TurnEvents();
      const read: TurnEvent[] = [];
      const listen = async (): Promise<void> => {
        for await (const event of events) read.push(event);
      };
      const failure = new Error('the provider failed');
      const early = moment.startsWith('while') ? listen() : undefined;
      events.push(delta('half'));
      events.fail(failure);
      await expect(early ?? listen()).rejects.toBe(failure);
      expect(read).toEqual([delta('half')]);
    },
  );

  it('drops what comes after the reader has left, and a late failure harms nobody', async () => {
    const events = new TurnEvents();
    events.push(delta('a'));
    events.push(toolCall('1'));
    for await (const event of events) {
      expect(event).toEqual(delta('a'));
      break;
    }
    events.push(delta('b'));
    events.fail(new Error('unheard'));
    const late: TurnEvent[] = [];
    const listenAgain = async (): Promise<void> => {
      for await (const event of events) late.push(event);
    };
    await expect(listenAgain()).rejects.toThrow('unheard');
    expect(late).toEqual([]);
  });

  it('ends at once for a turn that told nothing', async () => {
    const events = new TurnEvents();
    events.end();
    expect(await readAll(events)).toEqual([]);
  });
});

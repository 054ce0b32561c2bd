import fc from 'fast-check';
import { providerReplies } from '../../test/support/provider-replies';
import { splitEvents } from '../common/event-stream';
import { END_OF_STREAM, readEvent } from './provider-events';
import { ReplyAssembler } from './reply-assembler';
import { estimateTokens } from './token-estimate';

type Chunk = Record<string, unknown>;

/** Each reply of Chat Completions in the table, with what its events say. */
const fixtures = providerReplies()
  .filter(({ dialect }) => dialect === 'chat')
  .map((sent) => {
    const events = splitEvents(sent.bytes)
      .map(readEvent)
      .filter((event) => event !== undefined);
    return [sent.name, { ...sent, events }] as const;
  });

const chunk = (choice?: object, over: object = {}): Chunk => ({
  id: 'c',
  model: 'm-1',
  choices: choice === undefined ? [] : [{ index: 0, delta: {}, finish_reason: null, ...choice }],
  ...over,
});
const say = (content: unknown): Chunk => chunk({ delta: { content } });
const call = (...parts: unknown[]): Chunk => chunk({ delta: { tool_calls: parts } });
const finish = (reason: unknown = 'stop'): Chunk => chunk({ finish_reason: reason });

function assemble(...chunks: unknown[]) {
  const assembler = new ReplyAssembler();
  const added = chunks.map((each) => assembler.add(each as Chunk));
  return { assembler, added, reply: () => assembler.finish() };
}

const callsOf = (...chunks: Chunk[]) =>
  assemble(...chunks, finish('tool_calls'))
    .reply()
    .toolCalls.map(({ name, argumentsText }) => [name, argumentsText]);

describe('ReplyAssembler over the table of providers', () => {
  it.each(fixtures)('reads %s', (_, { events, reply, sendBack, usage }) => {
    const assembler = new ReplyAssembler();
    let added = '';
    for (const event of events) {
      if (event === END_OF_STREAM) assembler.markDone();
      else added += assembler.add(event);
    }
    const { text, toolCalls, finishReason, extras } = assembler.finish();
    expect({ text, finishReason, model: assembler.model }).toEqual({
      text: reply.text,
      finishReason: reply.finishReason,
      model: reply.model,
    });
    expect(added).toBe(text);
    expect(
      toolCalls.map(({ name, argumentsText }) => ({ name, arguments: JSON.parse(argumentsText || '{}') })),
    ).toEqual(reply.toolCalls);
    expect(extras).toEqual(sendBack);
    if (usage !== null) expect(assembler.usage).toMatchObject({ input: usage.input, output: usage.output });
  });

  it('throws no TypeError when any value of a reply is of another type', () => {
    const odd = fc.constantFrom<unknown>(null, 0, -1, true, '', 'x', [], [null], {}, { a: 1 }, [[{}]]);
    fc.assert(
      fc.property(
        fc.constantFrom(...fixtures),
        fc.nat(),
        fc.nat(),
        odd,
        ([, { events }], which, place, value) => {
          const chunks = structuredClone(events.filter((event): event is Chunk => event !== END_OF_STREAM));
          const bent = chunks[which % chunks.length]!;
          const holders = holdersIn(bent);
          const [holder, key] = holders[place % holders.length]!;
          holder[key] = value;
          try {
            const { assembler, reply } = assemble(...chunks);
            assembler.markDone();
            expect(typeof assembler.written).toBe('string');
            expect(JSON.stringify(reply())).not.toContain('[object Object]');
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^upstream_/) });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([[null], [7], ['text'], [[]], [[{ choices: 1 }]], [{ choices: {} }], [{ choices: [null, [], 1] }]])(
    'adds nothing from %j',
    (odd) => expect(assemble(odd).added).toEqual(['']),
  );
});

/** Every place in a value that can hold another one. */
function holdersIn(value: unknown): [Record<string, unknown>, string][] {
  if (value === null || typeof value !== 'object') return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [[holder, key] as never, ...holdersIn(holder[key])]);
}

describe('Streamed tool calls', () => {
  interface WholeCall {
    id: string;
    name: string;
    text: string;
  }

  /** Arguments as models write them. */
  const argumentsText = fc
    .dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
    .map((value) => JSON.stringify(value));
  const name = fc.constantFrom('add_task', 'list_tasks', 'get_task', 'complete_task');
  const sequence = fc
    .array(fc.record({ name, text: argumentsText }), { minLength: 1, maxLength: 5 })
    .map((calls) => calls.map((each, ordinal): WholeCall => ({ ...each, id: `id-${ordinal}` })));
  const seeds = fc.infiniteStream(fc.nat(1000));

  type Next = () => number;
  type Part = Record<string, unknown>;

  function cut(text: string, next: Next): string[] {
    const pieces: string[] = [];
    for (let rest = text; rest !== '';) {
      const length = 1 + (next() % 7);
      pieces.push(rest.slice(0, length));
      rest = rest.slice(length);
    }
    return pieces;
  }

  const piece = (part: Part, given: string | undefined, called?: string): Part => ({
    ...part,
    function: {
      ...(called === undefined ? {} : { name: called }),
      ...(given === undefined ? {} : { arguments: given }),
    },
  });

  /** How a provider cuts a call, by its number among the calls. */
  const DIALECTS: Record<string, (call: WholeCall, ordinal: number, next: Next) => Part[]> = {
    'as OpenAI does': ({ id, name, text }, index, next) => [
      piece({ index, id }, '', name),
      ...cut(text, next).map((given) => piece({ index }, given)),
    ],
    'with index 0 for all': ({ id, name, text }, _, next) => [
      piece({ index: 0, id }, '', name),
      ...cut(text, next).map((given) => piece({ index: 0 }, given)),
    ],
    'whole, with index 0 and no id': ({ name, text }) => [piece({ index: 0 }, text, name)],
    'whole, with an id and no index': ({ id, name, text }) => [piece({ id }, text, name)],
    'whole, with nothing but a name': ({ name, text }) => [piece({}, text, name)],
    'with an index that counts from any number': ({ id, name, text }, ordinal, next) => [
      piece({ index: 7 - 3 * ordinal, id }, undefined, name),
      ...cut(text, next).map((given) => piece({ index: `${7 - 3 * ordinal}` }, given)),
    ],
    'with the id in every piece and no index': ({ id, name, text }, _, next) => [
      piece({ id }, '', name),
      ...cut(text, next).map((given) => piece({ id }, given)),
    ],
    'without index, pieces without anything': ({ id, name, text }, _, next) => [
      piece({ id }, undefined, name),
      ...cut(text, next).map((given) => piece({}, given)),
    ],
    'with the whole name in every piece': ({ id, name, text }, index, next) =>
      cut(text, next).map((given) => piece({ index, id }, given, name)),
    'with the name in pieces': ({ id, name, text }, index, next) => [
      piece({ index, id }, undefined, name.slice(0, 2)),
      piece({ index }, undefined, name.slice(2, 5)),
      piece({ index }, undefined, name.slice(5)),
      ...cut(text, next).map((given) => piece({ index }, given)),
    ],
    'with a name that grows': ({ id, name, text }, index, next) => [
      piece({ index, id }, undefined, name.slice(0, 3)),
      piece({ index, id }, undefined, name),
      ...cut(text, next).map((given) => piece({ index, id }, given)),
    ],
    'with a new id for every piece': ({ id, name, text }, index, next) => [
      piece({ index, id }, undefined, name),
      ...cut(text, next).map((given, part) => piece({ index, id: `${id}-${part}` }, given)),
    ],
    'with the id after the name': ({ id, name, text }, index, next) => [
      piece({ index }, undefined, name),
      piece({ index, id }, undefined, name),
      ...cut(text, next).map((given) => piece({ index }, given)),
    ],
    'with the id before the name': ({ id, name, text }, index, next) => [
      piece({ index, id }, undefined),
      piece({ index }, undefined, name),
      ...cut(text, next).map((given) => piece({ index }, given)),
    ],
    'in pieces, and whole once more': ({ id, name, text }, index, next) => [
      piece({ index, id }, '', name),
      ...cut(text, next).map((given) => piece({ index }, given)),
      piece({ index, id }, text, name),
    ],
    'with {} before the arguments': ({ id, name, text }, index, next) => [
      piece({ index, id }, '{}', name),
      ...cut(text, next).map((given) => piece({ index }, given)),
    ],
    'with arguments as an object': ({ id, name, text }, index) => [
      { index, id, function: { name, arguments: JSON.parse(text) as unknown } },
    ],
    'with name and arguments in the call itself': ({ id, name, text }, index) => [
      { index, id, name, arguments: text },
    ],
  };

  it.each(Object.entries(DIALECTS))('are the same calls when they are sent %s', (_, toParts) => {
    fc.assert(
      fc.property(sequence, seeds, (calls, picks) => {
        const next: Next = () => picks.next().value;
        const parts = calls.flatMap((each, ordinal) => toParts(each, ordinal, next));
        // Chunks hold one piece or more.
        const chunks: Chunk[] = [];
        for (let rest = parts; rest.length > 0;) {
          const size = 1 + (next() % 3);
          chunks.push(call(...rest.slice(0, size)));
          rest = rest.slice(size);
        }
        expect(callsOf(...chunks).map(([called, text]) => [called, JSON.parse(text!)])).toEqual(
          calls.map((each) => [each.name, JSON.parse(each.text)]),
        );
      }),
    );
  });

  it('are told apart by their index where their pieces alternate', () => {
    fc.assert(
      fc.property(sequence, seeds, (calls, picks) => {
        const next: Next = () => picks.next().value;
        const queues = calls.map((each, index) => DIALECTS['as OpenAI does']!(each, index, next));
        const chunks = queues.map((queue) => call(queue.shift()!));
        for (let open = queues; open.length > 0;) {
          open = open.filter((queue) => queue.length > 0);
          const queue = open[next() % Math.max(open.length, 1)];
          if (queue !== undefined) chunks.push(call(queue.shift()!));
        }
        expect(callsOf(...chunks)).toEqual(calls.map((each) => [each.name, each.text]));
      }),
    );
  });

  it('keep the order in which they began, whatever their index says', () => {
    expect(callsOf(call(piece({ index: 9 }, '{}', 'a')), call(piece({ index: 2 }, '{}', 'b')))).toEqual([
      ['a', '{}'],
      ['b', '{}'],
    ]);
  });

  it('are left out where no name ever came', () => {
    expect(callsOf(call(piece({ index: 0, id: 'a' }, '{}')), call(piece({ index: 1 }, '{}', 'b')))).toEqual([
      ['b', '{}'],
    ]);
  });

  it('stay text where the arguments are no JSON', () => {
    expect(callsOf(call(piece({ index: 0 }, '{"title": Buy', 'add_task')))).toEqual([
      ['add_task', '{"title": Buy'],
    ]);
  });

  it('keep what is unknown of each call and of its function', () => {
    const first = { index: 0, id: 'a', extra_content: { google: { thought_signature: 'c2ln' } } };
    const { reply } = assemble(
      call({ ...first, function: { name: 'add_task', arguments: '', strictness: 'low' } }),
      call({ index: 0, function: { arguments: '{}' }, extra_content: { google: { note: 1 } } }),
      call(piece({ index: 1, id: 'b' }, '{}', 'list_tasks')),
      finish('tool_calls'),
    );
    expect(reply().extras).toEqual({
      calls: [
        {
          extra_content: { google: { thought_signature: 'c2ln', note: 1 } },
          function: { strictness: 'low' },
        },
        {},
      ],
    });
  });
});

describe('ReplyAssembler', () => {
  it('gives the same text however it was cut, and each piece as it comes', () => {
    const pieces = fc.array(fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(pieces, (parts) => {
        const { added, assembler, reply } = assemble(...parts.map(say), finish());
        expect(added.slice(0, -1)).toEqual(parts);
        expect(assembler.text).toBe(parts.join(''));
        expect(reply()).toEqual({ text: parts.join(''), toolCalls: [], finishReason: 'stop' });
      }),
    );
  });

  it('gives the same reasoning however it was cut', () => {
    const words = fc.stringMatching(/^[a-z .]{1,12}$/);
    fc.assert(
      fc.property(fc.array(words, { minLength: 1 }), (parts) => {
        const deltas = parts.map((part) => chunk({ delta: { reasoning_content: part } }));
        const { reply } = assemble(...deltas, say('Yes.'), finish());
        expect(reply().extras).toEqual({ message: { reasoning_content: parts.join('') } });
      }),
    );
  });

  it('keeps the name of the model that answered', () => {
    const { assembler } = assemble(say('a'), chunk({}, { model: 'm-2' }), chunk({}, { model: '' }));
    expect(assembler.model).toBe('m-2');
  });

  it('keeps no member that every object has a meaning for', () => {
    const delta = JSON.parse('{"content":"a","__proto__":{"polluted":1},"constructor":{"x":1}}') as object;
    expect(assemble(chunk({ delta }), finish()).reply().extras).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('leaves out what is nested too deep to be needed', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) as object;
    const { extras } = assemble(chunk({ delta: { content: 'a', odd: deep } }), finish()).reply();
    expect(JSON.stringify(extras).length).toBeLessThan(200);
  });

  it.each<[string, Chunk[]]>([
    ['thoughts', [chunk({ delta: { reasoning_content: 'x'.repeat(4000) } })]],
    [
      'thoughts in two members',
      [
        chunk({
          delta: {
            reasoning: 'x'.repeat(4000),
            reasoning_details: [{ type: 'reasoning.text', text: 'x'.repeat(4000), index: 0 }],
          },
        }),
      ],
    ],
    [
      'thoughts in parts',
      [say([{ type: 'thinking', thinking: [{ type: 'text', text: 'x'.repeat(4000) }] }])],
    ],
    ['arguments', [call({ index: 0, function: { name: 'f', arguments: 'x'.repeat(3999) } })]],
  ])('counts %s once among what was written', (_, chunks) => {
    expect(estimateTokens(assemble(...chunks).assembler.written)).toBe(1000);
  });

  it('does not count signatures among what was written', () => {
    const extra = { extra_content: { google: { thought_signature: 'x'.repeat(4000) } } };
    expect(assemble(chunk({ delta: { content: 'hi', ...extra } })).assembler.written).toBe('hi');
  });

  describe('usage', () => {
    it.each([
      ['no usage', undefined, undefined],
      ['null', null, undefined],
      ['plain numbers', { prompt_tokens: 9, completion_tokens: 4 }, [9, 0, 4, 0]],
      [
        'details',
        {
          prompt_tokens: 9,
          completion_tokens: 4,
          prompt_tokens_details: { cached_tokens: 5 },
          completion_tokens_details: { reasoning_tokens: 3 },
        },
        [9, 5, 4, 3],
      ],
      [
        'details beyond their whole',
        {
          prompt_tokens: 9,
          completion_tokens: 4,
          prompt_tokens_details: { cached_tokens: 50 },
          completion_tokens_details: { reasoning_tokens: 50 },
        },
        [9, 9, 4, 4],
      ],
      [
        'values that are no numbers',
        { prompt_tokens: -5, completion_tokens: 'many', prompt_tokens_details: null },
        undefined,
      ],
      ['numbers beyond counting', { prompt_tokens: Infinity, completion_tokens: 1.5 }, undefined],
    ])('is read from %s, or left out', (_, usage, expected) => {
      const { assembler } = assemble(say('a'), finish(), chunk(undefined, { usage }));
      const read = assembler.usage;
      expect(read && [read.input, read.cached, read.output, read.reasoning]).toEqual(expected);
    });

    it.each([{ prompt_tokens: 0, completion_tokens: 0 }, {}, null])(
      'stays when %j comes after it',
      (last) => {
        const first = chunk(undefined, { usage: { prompt_tokens: 100, completion_tokens: 50 } });
        const { assembler } = assemble(say('a'), first, chunk(undefined, { usage: last }));
        expect(assembler.usage).toMatchObject({ input: 100, output: 50 });
      },
    );
  });

  it.each<[string, Chunk[]]>([
    ['nothing', []],
    ['text', [say('half a sen')]],
    ['a call', [call({ index: 0, function: { name: 'add_task', arguments: '{}' } })]],
    ['usage', [chunk(undefined, { usage: { prompt_tokens: 1, completion_tokens: 1 } })]],
  ])('refuses to end after %s without a finish reason', (_, chunks) => {
    expect(assemble(...chunks).reply).toThrow(expect.objectContaining({ code: 'upstream_error' }));
  });

  it.each<[string, Chunk[]]>([
    ['nothing', []],
    ['thoughts alone', [chunk({ delta: { reasoning_content: 'Hm.' } })]],
    ['half a call', [call({ index: 0, function: { name: 'add_task', arguments: '{"ti' } })]],
    ['text and half a call', [say('Ok'), call({ index: 0, function: { name: 'add_task', arguments: '{' } })]],
  ])('refuses to end after %s, a [DONE] and no finish reason', (_, chunks) => {
    const { assembler, reply } = assemble(...chunks);
    assembler.markDone();
    expect(reply).toThrow(expect.objectContaining({ code: 'upstream_error' }));
  });

  const MIB = 1024 ** 2;
  it.each<[string, () => Chunk]>([
    ['more than 128 calls', () => call(...Array.from({ length: 129 }, (_, index) => ({ index })))],
    ['text beyond 4 MiB', () => say('x'.repeat(4 * MIB + 1))],
    ['text in parts beyond 4 MiB', () => say([{ type: 'text', text: 'x'.repeat(4 * MIB + 1) }])],
    ['a refusal beyond 4 MiB', () => chunk({ delta: { refusal: 'x'.repeat(4 * MIB + 1) } })],
    ['arguments beyond 4 MiB', () => call({ index: 0, function: { arguments: 'x'.repeat(4 * MIB + 1) } })],
    ['thoughts beyond 4 MiB', () => chunk({ delta: { reasoning: 'x'.repeat(4 * MIB + 1) } })],
    ['a list beyond every bound', () => chunk({ delta: { odd: new Array(MIB).fill(1) } })],
    [
      'arguments nested too deep',
      () => call({ index: 0, function: { arguments: JSON.parse(`${'['.repeat(99)}${']'.repeat(99)}`) } }),
    ],
  ])('refuses %s', (_, build) => {
    expect(() => assemble(build())).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }));
  });

  it('refuses a reply whose pieces only together pass 4 MiB', () => {
    const { assembler } = assemble(say('x'.repeat(3 * MIB)));
    expect(() => assembler.add(say('x'.repeat(2 * MIB)))).toThrow('beyond every bound');
  });

  it.each([
    ['list of an unknown member', (item: object) => chunk({ delta: { odd: [item] } })],
    ['list of content parts', (item: object) => say([item])],
    ['list in an unknown member of a call', (item: object) => call({ index: 0, odd: [item] })],
  ])('refuses a %s with over 1,000 items, which each further one is held against', (_, build) => {
    const pieces = Array.from({ length: 1001 }, (_, index) => build({ type: 'thinking', index }));
    expect(() => assemble(...pieces.slice(1))).not.toThrow();
    expect(() => assemble(...pieces)).toThrow('beyond every bound');
  });

  it('reads arguments that come letter by letter in time', () => {
    const text = JSON.stringify({ title: '}'.repeat(100_000) });
    const assembler = new ReplyAssembler();
    const startedAt = performance.now();
    for (const letter of text) assembler.add(call({ index: 0, function: { name: 'f', arguments: letter } }));
    assembler.add(finish('tool_calls'));
    expect(assembler.finish().toolCalls).toEqual([{ name: 'f', argumentsText: text }]);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

import fc from 'fast-check';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { ReplyAssembler } from './reply-assembler';

type Choice = Partial<ChatCompletionChunk.Choice>;
type ToolCallPart = Partial<ChatCompletionChunk.Choice.Delta.ToolCall>;

const chunk = (choice?: Choice, over: object = {}): ChatCompletionChunk => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 0,
  model: 'm-1',
  choices: choice === undefined ? [] : [{ index: 0, delta: {}, finish_reason: null, ...choice }],
  ...over,
});
const say = (content: string) => chunk({ delta: { content } });
const call = (...parts: ToolCallPart[]) =>
  chunk({ delta: { tool_calls: parts as ChatCompletionChunk.Choice.Delta.ToolCall[] } });
const finish = (reason: 'stop' | 'tool_calls' = 'stop') => chunk({ finish_reason: reason });

const assemble = (...chunks: ChatCompletionChunk[]) => {
  const assembler = new ReplyAssembler();
  const added = chunks.map((each) => assembler.add({ ...each }));
  return { assembler, added, reply: () => assembler.finish() };
};

/** The text in pieces, cut at any UTF-16 code unit. */
const pieces = (text: fc.Arbitrary<string>) =>
  text.chain((whole) =>
    fc.array(fc.nat(whole.length)).map((cuts) => {
      const at = [0, ...cuts, whole.length].sort((a, b) => a - b);
      return at.slice(1).map((end, index) => whole.slice(at[index], end));
    }),
  );

describe('ReplyAssembler', () => {
  it('gives the same text however it was cut, and each piece as it comes', () => {
    fc.assert(
      fc.property(pieces(fc.string({ unit: 'binary' })), (parts) => {
        const { added, assembler, reply } = assemble(...parts.map(say), finish());
        expect(added.slice(0, -1)).toEqual(parts);
        expect(assembler.text).toBe(parts.join(''));
        expect(reply()).toEqual({ text: parts.join(''), toolCalls: [], finishReason: 'stop' });
      }),
    );
  });

  it('gives the same calls however their names and arguments were cut and mixed', () => {
    const oneCall = fc.record({ name: pieces(fc.string({ minLength: 1 })), text: pieces(fc.json()) });
    fc.assert(
      fc.property(
        fc.array(oneCall, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        (calls, picks) => {
          const queues = calls.map(({ name, text }, index) => [
            ...name.map((part) => ({ index, function: { name: part } })),
            ...text.map((part) => ({ index, function: { arguments: part } })),
          ]);
          // A provider opens calls in order; after that their pieces may alternate.
          const chunks = queues.map((queue) => call(queue.shift()!));
          for (let open = queues; open.length > 0;) {
            open = open.filter((queue) => queue.length > 0);
            const queue = open[picks.next().value % Math.max(open.length, 1)];
            if (queue !== undefined) chunks.push(call(queue.shift()!));
          }
          expect(assemble(...chunks, finish('tool_calls')).reply().toolCalls).toEqual(
            calls.map(({ name, text }) => ({ name: name.join(''), argumentsText: text.join('') })),
          );
        },
      ),
    );
  });

  it('reads calls that come whole, several in one chunk, beside text', () => {
    const { reply } = assemble(
      say('Let me see.'),
      call(
        { index: 0, id: 'a', function: { name: 'list_tasks', arguments: '{}' } },
        { index: 1, id: 'b', function: { name: 'get_task', arguments: '{"task_id":1}' } },
      ),
      finish('tool_calls'),
    );
    expect(reply()).toEqual({
      text: 'Let me see.',
      toolCalls: [
        { name: 'list_tasks', argumentsText: '{}' },
        { name: 'get_task', argumentsText: '{"task_id":1}' },
      ],
      finishReason: 'tool_calls',
    });
  });

  it('takes calls without an index in the order they come, and leaves out one without a name', () => {
    const part = (name: string) => ({ function: { name, arguments: '{}' } });
    const { reply } = assemble(call(part('a')), call(part('')), call(part('b')), finish('tool_calls'));
    expect(reply().toolCalls.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('counts a refusal as what was said', () => {
    expect(assemble(chunk({ delta: { refusal: 'I will not.' } }), finish()).reply().text).toBe('I will not.');
  });

  it.each<[string, ChatCompletionChunk]>([
    ['no choices', chunk(undefined)],
    ['no list of choices', chunk(undefined, { choices: undefined })],
    ['no delta', chunk({ delta: undefined as never })],
    ['an empty delta', chunk({ delta: { content: null, role: 'assistant' } })],
  ])('adds nothing from a chunk with %s', (_, odd) => {
    const { added, reply } = assemble(odd, say('a'), finish());
    expect(added).toEqual(['', 'a', '']);
    expect(reply().text).toBe('a');
  });

  it('keeps the name of the model that answered', () => {
    const { assembler } = assemble(say('a'), chunk({}, { model: 'm-2' }), chunk({}, { model: '' }));
    expect(assembler.model).toBe('m-2');
  });

  describe('usage', () => {
    it.each([
      ['none', undefined, undefined],
      ['null', null, undefined],
      ['plain', { prompt_tokens: 9, completion_tokens: 4 }, [9, 0, 4, 0]],
      [
        'with details',
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
        'numbers that are none',
        { prompt_tokens: -5, completion_tokens: 'many', prompt_tokens_details: null },
        [0, 0, 0, 0],
      ],
      ['numbers beyond counting', { prompt_tokens: Infinity, completion_tokens: 1.5 }, [0, 0, 0, 0]],
    ])('%s', (_, usage, expected) => {
      const { assembler } = assemble(say('a'), finish(), chunk(undefined, { usage }));
      const read = assembler.usage;
      expect(read && [read.input, read.cached, read.output, read.reasoning]).toEqual(expected);
    });
  });

  it.each<[string, ChatCompletionChunk[]]>([
    ['nothing', []],
    ['text', [say('half a sen')]],
    ['a call', [call({ index: 0, function: { name: 'add_task', arguments: '{"ti' } })]],
    ['usage', [chunk(undefined, { usage: { prompt_tokens: 1, completion_tokens: 1 } })]],
  ])('refuses to end after %s without a finish reason', (_, chunks) => {
    expect(assemble(...chunks).reply).toThrow(expect.objectContaining({ code: 'upstream_error' }));
  });

  it.each<[string, ToolCallPart]>([
    ['skips one', { index: 1 }],
    ['is negative', { index: -1 }],
    ['is a fraction', { index: 0.5 }],
    ['is no number', { index: '0' as never }],
    ['is huge', { index: 2 ** 31 }],
  ])('refuses a call whose index %s', (_, part) => {
    expect(() => assemble(call(part))).toThrow(
      expect.objectContaining({ code: 'upstream_invalid_response' }),
    );
  });

  it.each<[string, () => ChatCompletionChunk]>([
    ['more than 128 calls', () => call(...Array.from({ length: 129 }, (_, index) => ({ index })))],
    ['text beyond 4 MiB', () => say('x'.repeat(4 * 1024 ** 2 + 1))],
    [
      'arguments beyond 4 MiB',
      () => call({ index: 0, function: { arguments: 'x'.repeat(4 * 1024 ** 2 + 1) } }),
    ],
  ])('refuses %s', (_, build) => {
    expect(() => assemble(build())).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }));
  });

  it('refuses a reply whose pieces only together pass 4 MiB', () => {
    const { assembler } = assemble(say('x'.repeat(3 * 1024 ** 2)));
    expect(() => assembler.add({ ...say('x'.repeat(2 * 1024 ** 2)) })).toThrow('beyond every bound');
  });
});

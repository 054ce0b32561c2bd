import fc from 'fast-check';
import type { NewMessage, StoredMessage } from '../conversations/message.types';
import type { ChatMessage } from '../models/chat.types';
import { estimateTokens } from '../models/token-estimate';
import { toCallId } from './call-ids';
import { fillReasoning, projectHistory, toChatMessage, withoutExtras } from './history-projection';

type Turn = NewMessage[];

const ENOUGH = 10_000_000;
const PROVIDER = 'gemini';
const CALL_ID = /^[A-Za-z0-9]{9}$/;
const SHORTENED = '… (shortened)';
const text = fc.oneof(fc.string(), fc.constantFrom('', 'x'.repeat(2000), `x${'😀'.repeat(1500)}`));

/** A question, steps of calls each with all its results, and perhaps an answer: cancelled turns have none. */
const anyTurn: fc.Arbitrary<Turn> = fc
  .record({
    question: text,
    steps: fc.array(fc.record({ words: text, results: fc.array(text, { minLength: 1, maxLength: 3 }) }), {
      maxLength: 3,
    }),
    answer: fc.option(text, { nil: undefined }),
  })
  .map(({ question, steps, answer }) => [
    { role: 'user', content: question },
    ...steps.flatMap(({ words, results }, step): NewMessage[] => {
      const id = (ordinal: number) => `call_${step}_${ordinal}`;
      const toolCalls = results.map((_, ordinal) => ({
        id: id(ordinal),
        tool: 'get_task',
        arguments: { ordinal },
      }));
      return [
        { role: 'assistant', content: words, toolCalls },
        ...results.map((content, ordinal): NewMessage => ({
          role: 'tool',
          toolCallId: id(ordinal),
          content,
        })),
      ];
    }),
    ...(answer === undefined ? [] : [{ role: 'assistant' as const, content: answer }]),
  ]);
const anyTurns = fc.array(anyTurn, { maxLength: 6 });

const store = (turns: Turn[]): StoredMessage[] =>
  turns
    .flatMap((turn, number) => turn.map((message) => ({ turnId: `turn-${number}`, message })))
    .map((entry, index) => ({
      ...entry,
      id: index + 1,
      seq: index + 1,
      status: 'complete',
      createdAt: new Date(0),
    }));

const project = (turns: Turn[], limit = ENOUGH): ChatMessage[] =>
  projectHistory(store(turns), limit, PROVIDER);

/** What every provider of Chat Completions demands of a list of messages. */
function expectAcceptable(messages: ChatMessage[]): void {
  if (messages.length > 0) expect(messages[0]?.role).toBe('user');
  for (let open: string[] = [], index = 0; index <= messages.length; index++) {
    const message = messages[index];
    if (message?.role === 'tool') {
      expect(open.shift()).toBe(message.tool_call_id);
    } else {
      expect(open).toEqual([]);
      if (message?.role === 'assistant' && message.tool_calls !== undefined) {
        expect(message.tool_calls.length).toBeGreaterThan(0);
        open = message.tool_calls.map((call) => call.id);
        for (const id of open) expect(id).toMatch(CALL_ID);
        for (const call of message.tool_calls)
          expect(() => JSON.parse(call.function.arguments)).not.toThrow();
      } else {
        expect(typeof message?.content).toBe(message === undefined ? 'undefined' : 'string');
      }
    }
  }
}

const tokensOf = (message: ChatMessage): number =>
  estimateTokens(
    (message.content ?? '') +
      ('tool_calls' in message && message.tool_calls ? JSON.stringify(message.tool_calls) : ''),
  );

describe('projectHistory, of any history of whole turns', () => {
  const limits = fc.oneof(fc.nat(3000), fc.constant(ENOUGH));

  it('is a list of messages that a provider accepts, also where reading began in the middle of a turn', () => {
    fc.assert(
      fc.property(anyTurns, fc.nat(12), limits, (turns, cut, limit) => {
        expectAcceptable(projectHistory(store(turns).slice(cut), limit, PROVIDER));
      }),
    );
  });

  it('holds the newest whole turns that fit, and as many as fit', () => {
    fc.assert(
      fc.property(anyTurns, limits, (turns, limit) => {
        const shown = project(turns, limit);
        const suffixes = turns.map((_, index) => project(turns.slice(index))).concat([[]]);
        const kept = suffixes.findIndex((suffix) => suffix.length === shown.length);
        expect(shown).toEqual(suffixes[kept]);
        const cost = (messages: ChatMessage[]) => messages.reduce((sum, each) => sum + tokensOf(each), 0);
        expect(cost(shown)).toBeLessThanOrEqual(limit);
        // Each message may cost a few tokens more than its text.
        const next = suffixes[kept - 1];
        if (next !== undefined) expect(cost(next) + 16 * next.length).toBeGreaterThan(limit);
      }),
    );
  });

  it('begins as before when a turn is added and nothing drops out, so that a prompt cache finds it', () => {
    fc.assert(
      fc.property(anyTurns, anyTurn, (turns, turn) => {
        const before = project(turns);
        expect(project([...turns, turn]).slice(0, before.length)).toEqual(before);
      }),
    );
  });

  it('shows all but the far end of long tool results', () => {
    fc.assert(
      fc.property(anyTurns, (turns) => {
        const stored = turns.flat();
        project(turns).forEach((message, index) => {
          const original = toChatMessage(stored[index]!, PROVIDER);
          if (message.role !== 'tool' || !message.content?.endsWith(SHORTENED)) {
            expect(message).toEqual(original);
          } else {
            expect(original.content!.length).toBeGreaterThan(2000);
            expect(message.content.length).toBeLessThanOrEqual(2000 + SHORTENED.length);
            expect(message.content).not.toContain('\uFFFD');
            expect(original.content).toContain(message.content.slice(0, 1900));
            expect(message.content.isWellFormed()).toBe(true);
          }
        });
      }),
    );
  });
});

describe('projectHistory', () => {
  const said = (content: string): Turn => [
    { role: 'user', content },
    { role: 'assistant', content: `You said ${content}` },
  ];

  it('leaves out a turn whose beginning was not read', () => {
    const messages = store([said('one'), said('two')]).slice(1);
    expect(projectHistory(messages, ENOUGH, PROVIDER).map(({ content }) => content)).toEqual([
      'two',
      'You said two',
    ]);
  });

  it('never skips a turn that is too long to show an older one', () => {
    const turns = [said('short'), said('long '.repeat(500)), said('new')];
    expect(project(turns, 200).map(({ content }) => content)).toEqual(['new', 'You said new']);
  });

  it('counts the arguments of calls too', () => {
    const toolCalls = [{ id: 'call_1', tool: 'add_task', arguments: { title: 'x'.repeat(2000) } }];
    const turn: Turn = [
      { role: 'user', content: 'Add it' },
      { role: 'assistant', content: '', toolCalls },
      { role: 'tool', toolCallId: 'call_1', content: '{}' },
    ];
    expect(project([turn, said('new')], 300)).toHaveLength(2);
    expect(project([turn, said('new')], 700)).toHaveLength(5);
  });

  it('is empty where not even the newest turn fits, and for an empty history', () => {
    expect(project([said('long '.repeat(500))], 100)).toEqual([]);
    expect(project([])).toEqual([]);
  });
});

describe('toChatMessage', () => {
  const call = { id: 'call_1', tool: 'add_task', arguments: { title: 'é "x"' }, error: 'invalid_arguments' };

  it.each<[string, NewMessage, ChatMessage]>([
    ['a question', { role: 'user', content: 'Hi' }, { role: 'user', content: 'Hi' }],
    ['an answer', { role: 'assistant', content: 'Hello' }, { role: 'assistant', content: 'Hello' }],
    [
      'an answer with no calls',
      { role: 'assistant', content: '', toolCalls: [] },
      { role: 'assistant', content: '' },
    ],
    [
      'a call without words',
      { role: 'assistant', content: '', toolCalls: [call] },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: toCallId('call_1'),
            type: 'function',
            function: { name: 'add_task', arguments: '{"title":"é \\"x\\""}' },
          },
        ],
      },
    ],
    [
      'a result',
      { role: 'tool', toolCallId: 'call_1', content: '{}' },
      { role: 'tool', tool_call_id: toCallId('call_1'), content: '{}' },
    ],
  ])('puts %s in the provider’s terms', (_, message, expected) => {
    expect(toChatMessage(message, PROVIDER)).toEqual(expected);
  });

  describe('of a reply with members of its provider', () => {
    const signature = { extra_content: { google: { thought_signature: 'c2ln' } } };
    const made: NewMessage = {
      role: 'assistant',
      content: 'Adding both.',
      toolCalls: [
        { id: 'AbC123xYz', tool: 'add_task', arguments: { title: 'a' } },
        { id: 'AbC123xYw', tool: 'add_task', arguments: { title: 'b' } },
      ],
      extras: {
        provider: PROVIDER,
        model: 'gemini-3.8-flash',
        message: { reasoning_content: 'Two tasks.' },
        calls: [{ ...signature, id: 'theirs', function: { strictness: 1, name: 'theirs' } }, {}],
      },
    };
    const call = (id: string, title: string) => ({
      id,
      type: 'function',
      function: { name: 'add_task', arguments: JSON.stringify({ title }) },
    });
    const plain = {
      role: 'assistant',
      content: 'Adding both.',
      tool_calls: [call('AbC123xYz', 'a'), call('AbC123xYw', 'b')],
    };

    it('gives them back in their places, and ours win', () => {
      const [first, second] = plain.tool_calls;
      expect(toChatMessage(made, PROVIDER)).toEqual({
        ...plain,
        reasoning_content: 'Two tasks.',
        tool_calls: [{ ...first, ...signature, function: { ...first!.function, strictness: 1 } }, second],
      });
    });

    it('gives them to no other provider', () => {
      expect(toChatMessage(made, 'openai')).toEqual(plain);
    });

    it('shows none of them in the log', () => {
      expect(withoutExtras(toChatMessage(made, PROVIDER))).toEqual(plain);
    });

    it('gives an answer in words back with them', () => {
      const answer: NewMessage = {
        role: 'assistant',
        content: 'Hi',
        extras: { provider: PROVIDER, model: 'm', message: { reasoning_content: 'Hm.' } },
      };
      expect(toChatMessage(answer, PROVIDER)).toEqual({
        role: 'assistant',
        content: 'Hi',
        reasoning_content: 'Hm.',
      });
    });

    it('gives thoughts among the parts of a content back, and logs their text alone', () => {
      const parts = [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
        { type: 'text', text: 'Hi' },
      ];
      const answer: NewMessage = {
        role: 'assistant',
        content: 'Hi',
        extras: { provider: PROVIDER, model: 'm', message: { content: parts } },
      };
      const message = toChatMessage(answer, PROVIDER);
      expect(message).toEqual({ role: 'assistant', content: parts });
      expect(withoutExtras(message)).toEqual({ role: 'assistant', content: 'Hi' });
    });

    it.each<[string, NewMessage]>([
      [
        'message',
        { ...made, extras: { provider: PROVIDER, model: 'm', message: { odd: 'x'.repeat(4000) } } },
      ],
      ['calls', { ...made, extras: { provider: PROVIDER, model: 'm', calls: [{ odd: 'x'.repeat(4000) }] } }],
      [
        'content',
        {
          ...made,
          extras: {
            provider: PROVIDER,
            model: 'm',
            message: { content: [{ type: 'thinking', thinking: 'x'.repeat(4000) }] },
          },
        },
      ],
    ])('counts what goes back of its %s in the token limit', (_, message) => {
      const turn: Turn = [
        { role: 'user', content: 'Add both' },
        message,
        { role: 'tool', toolCallId: 'AbC123xYz', content: '{}' },
        { role: 'tool', toolCallId: 'AbC123xYw', content: '{}' },
      ];
      expect(projectHistory(store([turn]), 900, PROVIDER)).toEqual([]);
      expect(projectHistory(store([turn]), 1300, PROVIDER)).toHaveLength(4);
      expect(projectHistory(store([turn]), 900, 'openai')).toHaveLength(4);
    });
  });
});

describe('fillReasoning', () => {
  const user: ChatMessage = { role: 'user', content: 'Hi' };
  const bare: ChatMessage = { role: 'assistant', content: 'Hello' };
  const thought = { ...bare, reasoning_content: 'Greet.' };

  it('gives every message of the assistant a reasoning_content where one has it', () => {
    expect(fillReasoning([user, bare, thought])).toEqual([user, { ...bare, reasoning_content: '' }, thought]);
  });

  it('leaves the messages of all other providers as they are', () => {
    expect(fillReasoning([user, bare])).toEqual([user, bare]);
  });
});

import * as fc from 'fast-check';
import { type RunningSimulator, startSimulator } from './simulator.server';

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.stop());

const tools = [
  'add_task',
  'list_tasks',
  'get_task',
  'update_task',
  'complete_task',
  'delete_task',
  'get_weather',
].map((name) => ({
  name,
  parameters: {
    type: 'object',
    properties: { title: { type: 'string' }, task_id: { type: 'integer' }, query: { type: 'string' } },
  },
}));

const WORDS =
  'add remind me to buy milk tomorrow and , . then delete complete task 3 all my list "quoted" urgent #home show what ' +
  'is due by friday at 5pm : - rename move it the weather in Paris ? добавь покажи задачу завтра agrega mañana 2026-12-01';

const message = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .array(fc.constantFrom(...WORDS.split(' '), '\n', '\u0000', '\ud83d'), { maxLength: 25 })
    .map((words) => words.join(' ')),
);

async function post(path: string, body: object): Promise<{ status: number; text: string }> {
  const response = await fetch(simulator.baseUrl + path, {
    method: 'POST',
    headers: { authorization: 'Bearer any' },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

/** The data of each block; also checks the framing exactly. */
function blocks(text: string): string[] {
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((block) => {
      expect(block).toMatch(/^(?:event: [\w.]+\n)?data: [^\n]*$/);
      return block.slice(block.indexOf('data: ') + 6);
    });
}

interface Message {
  content: string | null;
  tool_calls?: { function: { name: string; arguments: string } }[];
}
interface Chunk {
  choices: {
    delta: {
      content?: string;
      tool_calls?: { index: number; function: { name?: string; arguments: string } }[];
    };
    finish_reason: string | null;
  }[];
}

it('streams of chat completions are well-formed and add up to the JSON answer, whatever the message', async () => {
  const property = fc.asyncProperty(message, fc.boolean(), async (text, hasTools) => {
    const body = {
      model: 'any',
      messages: [{ role: 'user', content: text }],
      ...(hasTools && { tools: tools.map((each) => ({ type: 'function', function: each })) }),
    };
    const [whole, streamed] = await Promise.all([
      post('/chat/completions', body),
      post('/chat/completions', { ...body, stream: true }),
    ]);
    expect([whole.status, streamed.status]).toEqual([200, 200]);
    const { choices } = JSON.parse(whole.text) as { choices: { message: Message; finish_reason: string }[] };
    const data = blocks(streamed.text);
    expect(data.pop()).toBe('[DONE]');
    let content = '';
    const calls: { name: string; arguments: string }[] = [];
    const reasons: (string | null)[] = [];
    for (const each of data) {
      const { delta, finish_reason: reason } = (JSON.parse(each) as Chunk).choices[0]!;
      content += delta.content ?? '';
      reasons.push(reason);
      for (const { index, function: piece } of delta.tool_calls ?? []) {
        const call = (calls[index] ??= { name: piece.name ?? '', arguments: '' });
        call.arguments += piece.arguments;
      }
    }
    expect(content).toBe(choices[0]!.message.content ?? '');
    expect(calls).toEqual((choices[0]!.message.tool_calls ?? []).map((call) => call.function));
    for (const call of calls) expect(JSON.parse(call.arguments)).toEqual(expect.any(Object));
    expect(reasons.filter((reason) => reason !== null)).toEqual([choices[0]!.finish_reason]);
    expect(reasons.at(-1)).not.toBeNull();
  });
  await fc.assert(property, { numRuns: 60 });
});

it('streams of responses add up to the JSON answer, whatever the message', async () => {
  const property = fc.asyncProperty(message, fc.boolean(), async (text, hasTools) => {
    const body = {
      model: 'any',
      input: [{ role: 'user', content: text }],
      ...(hasTools && { tools: tools.map((each) => ({ type: 'function', ...each })) }),
    };
    const [whole, streamed] = await Promise.all([
      post('/responses', body),
      post('/responses', { ...body, stream: true }),
    ]);
    expect([whole.status, streamed.status]).toEqual([200, 200]);
    const answer = (output: { content?: { text: string }[]; name?: string; arguments?: string }[]): unknown =>
      output.map((item) => item.content?.map((part) => part.text) ?? [item.name, item.arguments]);
    const { output } = JSON.parse(whole.text) as { output: [] };
    const events = blocks(streamed.text).map(
      (each) =>
        JSON.parse(each) as {
          type: string;
          delta?: string;
          output_index?: number;
          response?: { output: [] };
        },
    );
    expect(answer(events.at(-1)!.response!.output)).toEqual(answer(output));
    const deltas: string[] = [];
    for (const { type, delta, output_index: index } of events) {
      if (type.endsWith('.delta')) deltas[index!] = (deltas[index!] ?? '') + delta;
    }
    const said = output.map(
      ({ content, arguments: input }: { content?: { text: string }[]; arguments?: string }) =>
        input ?? content![0]!.text,
    );
    expect(deltas).toEqual(said);
  });
  await fc.assert(property, { numRuns: 30 });
});

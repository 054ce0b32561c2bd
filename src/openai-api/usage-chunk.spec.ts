import fc from 'fast-check';
import { withoutUsageChunk } from './usage-chunk';

const frame = (chunk: object, spaces = 0, end = '\n\n') =>
  `data: ${spaces === 0 ? JSON.stringify(chunk) : JSON.stringify(chunk).replaceAll(':', ': ')}${end}`;
const USAGE = { prompt_tokens: 1, completion_tokens: 2 };
const TOLD = { id: 'c', choices: [], usage: USAGE };
const DONE = 'data: [DONE]\n\n';

const pass = (text: string) => withoutUsageChunk(Buffer.from(text)).toString();

describe('withoutUsageChunk', () => {
  it.each([
    ['as OpenAI writes it', frame(TOLD)],
    ['with spaces', frame(TOLD, 1)],
    ['with CRLF', frame(TOLD, 0, '\r\n\r\n')],
    ['without a blank line after it', frame(TOLD, 0, '')],
    ['with a comment before it', `: x\n${frame(TOLD)}`],
  ])('takes it out %s, and nothing else', (_, told) => {
    const before = frame({ choices: [{ delta: { content: 'ж' } }], usage: null });
    expect(pass(before + told)).toBe(before);
    expect(pass(`${told}${DONE}`.replace(/}data/, '}\n\ndata'))).toBe(DONE);
  });

  it.each([
    ['a chunk that says both', frame({ choices: [{ delta: {} }], usage: USAGE })],
    ['what a filter has found', frame({ choices: [], prompt_filter_results: [], usage: null })],
    ['a chunk without choices or usage', frame({ choices: [] })],
    [
      'text that looks like one',
      frame({ choices: [{ delta: { content: '"choices":[],"usage":{"a":1}' } }] }),
    ],
    ['what is no JSON', 'data: "choices":[] "usage":{\n\n'],
    ['a comment', ': "choices":[]\n\n'],
    ['the end', DONE],
  ])('leaves %s', (_, text) => {
    expect(pass(text)).toBe(text);
  });

  it('leaves exactly the others, in their order, wherever it stands', () => {
    const other = fc
      .oneof(fc.record({ choices: fc.array(fc.jsonValue(), { minLength: 1 }) }), fc.constant({ choices: [] }))
      .map((chunk) => frame(chunk));
    fc.assert(
      fc.property(fc.array(other), fc.array(other), (before, after) => {
        const rest = before.join('') + after.join('');
        expect(pass(before.join('') + frame(TOLD) + after.join(''))).toBe(rest);
      }),
    );
  });
});

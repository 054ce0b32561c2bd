import { toProviderBody } from './provider-body';
import { ProviderChatRequest } from './provider-chat.dto';

const MESSAGES = [{ role: 'user' as const, content: 'hi' }];

/** As validation leaves it: every field of the class is there, those not sent as undefined. */
const request = (fields: Partial<ProviderChatRequest> = {}): ProviderChatRequest =>
  Object.assign(new ProviderChatRequest(), { messages: MESSAGES, ...fields });

describe('toProviderBody', () => {
  const SCHEMA = { type: 'object', properties: { a: { type: 'string' } } };
  const format = { type: 'json_schema' as const, name: 'answer', schema: SCHEMA, strict: true };

  it('asks the Responses API', () => {
    const fields = { system: 'Be brief.', temperature: 0, maxOutputTokens: 50, responseFormat: format };
    expect(toProviderBody('responses', 'gpt-4o-mini', request(fields), 4096)).toEqual({
      parameters: {
        model: 'gpt-4o-mini',
        input: MESSAGES,
        instructions: 'Be brief.',
        temperature: 0,
        text: { format },
        max_output_tokens: 50,
        store: false,
        stream: true,
      },
      adjusted: [],
    });
  });

  it('asks Chat Completions', () => {
    const fields = { system: 'Be brief.', temperature: 0, maxOutputTokens: 50, responseFormat: format };
    expect(toProviderBody('chat', 'gpt-4o-mini', request(fields), 4096)).toEqual({
      parameters: {
        model: 'gpt-4o-mini',
        messages: [{ role: 'system', content: 'Be brief.' }, ...MESSAGES],
        temperature: 0,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'answer', schema: SCHEMA, strict: true },
        },
        max_tokens: 50,
        stream: true,
        stream_options: { include_usage: true },
      },
      adjusted: [],
    });
  });

  it.each(['responses', 'chat'] as const)('asks %s for no more than the server gives', (family) => {
    const { parameters } = toProviderBody(family, 'gpt-4o-mini', request({ responseFormat: 'text' }), 100);
    expect(Object.entries(parameters).filter(([, value]) => value === 100)).toHaveLength(1);
    expect(Object.values(parameters)).not.toContain(undefined);
    expect(parameters).not.toHaveProperty(family === 'chat' ? 'response_format' : 'text');
  });

  it.each<['responses' | 'chat', string, Partial<ProviderChatRequest>, string[]]>([
    ['chat', 'gpt-5-mini', {}, []],
    ['chat', 'gpt-5-mini', { maxOutputTokens: 5 }, ['maxOutputTokens']],
    ['chat', 'gpt-5-mini', { temperature: 1 }, ['temperature']],
    ['responses', 'gpt-5-mini', { temperature: 1 }, ['temperature']],
    ['responses', 'gpt-4o-mini', { maxOutputTokens: 5 }, ['maxOutputTokens']],
    ['responses', 'gpt-4o-mini', { responseFormat: { type: 'json_schema', schema: {} } }, ['responseFormat']],
    ['chat', 'gpt-4o-mini', { responseFormat: { type: 'json_schema', schema: {} } }, ['responseFormat']],
  ])('of %s to %s names what was changed of %j, in the client’s words', (family, model, fields, adjusted) => {
    expect(toProviderBody(family, model, request(fields), 4096).adjusted).toEqual(adjusted);
  });
});

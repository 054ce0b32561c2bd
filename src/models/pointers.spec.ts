import { pointsElsewhere } from './pointers';

const message = (content: unknown) => ({ messages: [{ role: 'user', content }] });

describe('pointsElsewhere', () => {
  it.each<[string, Record<string, unknown>]>([
    [
      'a picture by its address',
      message([{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }]),
    ],
    [
      'a picture in its bytes, which says nothing of its size',
      message([{ image_url: 'data:image/png;base64,AA' }]),
    ],
    [
      'a picture of a response',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
    ],
    ['a file', message([{ type: 'file', file: { file_id: 'file-1' } }])],
    [
      'a file in its bytes, which are compressed',
      message([{ type: 'file', file: { file_data: 'data:,JVBE' } }]),
    ],
    ['a file by its address', { input: [{ content: [{ type: 'input_file', file_url: 'https://x' }] }] }],
    ['an earlier response', { input: 'hi', previous_response_id: 'resp_1' }],
    ['a conversation', { input: 'hi', conversation: { id: 'conv_1' } }],
    ['a prompt that the provider keeps', { prompt: { id: 'pmpt_1' } }],
    ['an item by its id', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['an item by nothing but its id', { input: [{ id: 'msg_1' }] }],
    ['files to search', { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] }],
  ])('tells %s', (_, body) => {
    expect(pointsElsewhere(body)).toBe(true);
    expect(pointsElsewhere(JSON.parse(JSON.stringify(body)) as Record<string, unknown>)).toBe(true);
  });

  it.each<[string, Record<string, unknown>]>([
    ['text', message('hi')],
    ['text that speaks of it', message('an "image_url", a "file_id" and a "prompt"')],
    [
      'a tool with such parameters',
      { tools: [{ function: { parameters: { properties: { image_url: {} } } } }] },
    ],
    ['a schema with such fields', { text: { format: { schema: { properties: { file_id: {} } } } } }],
    ['notes of the client’s', { metadata: { file_id: 'mine' } }],
    [
      'fields that say nothing',
      { previous_response_id: null, conversation: null, prompt: null, input: 'hi' },
    ],
    ['messages with ids', { input: [{ id: 'msg_1', role: 'user', content: 'hi' }] }],
  ])('takes %s for what it is', (_, body) => {
    expect(pointsElsewhere(body)).toBe(false);
  });
});

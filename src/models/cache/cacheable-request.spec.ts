import { isCacheable } from './cacheable-request';

const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }], temperature: 0 };
const RESPONSE = { model: 'gpt-4o-mini', input: 'hi', temperature: 0, store: false };
const EMBEDDING = { model: 'text-embedding-3-small', input: ['hi'] };
const OWN_TOOLS = [
  { type: 'function', function: { name: 'f' } },
  { type: 'custom', name: 'g' },
];

const isKept = (path: string, body: unknown): boolean =>
  isCacheable(path, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));

describe('The answer may be kept to', () => {
  it.each<[string, string, unknown]>([
    ['a completion at temperature 0', '/chat/completions', CHAT],
    ['one at 0.0', '/chat/completions', '{"messages":[],"temperature":0.0}'],
    ['one at 0 twice, of which the last counts', '/chat/completions', '{"temperature":1,"temperature":0}'],
    ['a stream', '/chat/completions', { ...CHAT, stream: true, stream_options: { include_usage: true } }],
    ['the client’s own tools', '/chat/completions', { ...CHAT, tools: OWN_TOOLS, tool_choice: 'auto' }],
    ['a request for one choice', '/chat/completions', { ...CHAT, n: 1 }],
    ['one that is not to be stored', '/chat/completions', { ...CHAT, store: false }],
    [
      'one that speaks of what it does not do',
      '/chat/completions',
      { ...CHAT, messages: [{ role: 'user', content: 'a "file_id", a "prompt", {"n":2}' }] },
    ],
    ['a response that is not stored', '/responses', RESPONSE],
    ['one that says nothing in many fields', '/responses', { ...RESPONSE, background: false, include: null }],
    ['an embedding, which has no temperature', '/embeddings', EMBEDDING],
    ['an embedding of some size', '/embeddings', { ...EMBEDDING, dimensions: 8, encoding_format: 'base64' }],
  ])('%s', (_, path, body) => {
    expect(isKept(path, body)).toBe(true);
  });
});

describe('No answer is kept to', () => {
  it.each<[string, string, unknown]>([
    ['no temperature', '/chat/completions', { ...CHAT, temperature: undefined }],
    ['no temperature but in a message', '/chat/completions', { messages: [{ temperature: 0 }] }],
    ['null', '/chat/completions', { ...CHAT, temperature: null }],
    ['another temperature', '/chat/completions', { ...CHAT, temperature: 0.1 }],
    ['0 as text', '/chat/completions', { ...CHAT, temperature: '0' }],
    ['false', '/chat/completions', { ...CHAT, temperature: false }],
    ['another temperature that comes later', '/chat/completions', '{"temperature":0,"temperature":1}'],
    ['several choices', '/chat/completions', { ...CHAT, n: 2 }],
    ['what is stored', '/chat/completions', { ...CHAT, store: true }],
    ['a search of the web', '/chat/completions', { ...CHAT, web_search_options: {} }],
    ['speech', '/chat/completions', { ...CHAT, audio: { voice: 'x' } }],
    ['a field nobody knows', '/chat/completions', { ...CHAT, x_own: 1 }],
    ['a picture', '/chat/completions', { ...CHAT, messages: [{ content: [{ image_url: { url: 'x' } }] }] }],
    ['a file', '/chat/completions', { ...CHAT, messages: [{ content: [{ file: { file_id: 'f' } }] }] }],
    [
      'a file whose field is escaped',
      '/chat/completions',
      '{"temperature":0,"messages":[{"file":{"\\u0066ile_id":"f"}}]}',
    ],
    ['a response that is stored', '/responses', { ...RESPONSE, store: true }],
    ['a response that is stored for it says nothing', '/responses', { ...RESPONSE, store: undefined }],
    ['a response of null storing', '/responses', { ...RESPONSE, store: null }],
    ['a response in the background', '/responses', { ...RESPONSE, background: true }],
    ['a response that goes on', '/responses', { ...RESPONSE, previous_response_id: 'resp_1' }],
    ['a conversation', '/responses', { ...RESPONSE, conversation: 'conv_1' }],
    ['a prompt that the provider keeps', '/responses', { ...RESPONSE, prompt: { id: 'p' } }],
    ['an item that the provider keeps', '/responses', { ...RESPONSE, input: [{ type: 'item_reference' }] }],
    ['an embedding with a field nobody knows', '/embeddings', { ...EMBEDDING, x_own: 1 }],
    ['a stored response', '/responses/resp_1', RESPONSE],
    ['a file’s upload', '/files', CHAT],
  ])('%s', (_, path, body) => {
    expect(isKept(path, body)).toBe(false);
  });

  it.each(['web_search', 'code_interpreter', 'file_search', 'image_generation', 'mcp', 'computer', 'new'])(
    'a request with the provider’s tool %s',
    (type) => {
      expect(isKept('/responses', { ...RESPONSE, tools: [...OWN_TOOLS, { type }] })).toBe(false);
    },
  );

  it.each([[[{}]], [[null]], [{}], ['function']])('tools that are none: %j', (tools) => {
    expect(isKept('/chat/completions', { ...CHAT, tools })).toBe(false);
  });
});

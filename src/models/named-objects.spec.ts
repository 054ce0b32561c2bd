import { namedByForm, namedObjects } from './named-objects';

const inText = (text: string) => namedObjects(JSON.parse(text) as object as never, Buffer.from(text));
const named = (body: object) => inText(JSON.stringify(body)).map(({ kind, id }) => `${kind} ${id}`);

describe('namedObjects', () => {
  it.each<[string, object, string[]]>([
    ['an earlier response', { previous_response_id: 'resp_1' }, ['response resp_1']],
    ['a conversation', { conversation: 'conv_1' }, ['conversation conv_1']],
    ['a conversation as an object', { conversation: { id: 'conv_1' } }, ['conversation conv_1']],
    [
      'a file in a chat message',
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
      ['file file-1'],
    ],
    [
      'files and images of an input',
      {
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_file', file_id: 'file-1' },
              { type: 'input_image', file_id: 'file-2' },
            ],
          },
        ],
      },
      ['file file-1', 'file file-2'],
    ],
    [
      'a file in what a function gave',
      {
        input: [
          {
            type: 'function_call_output',
            call_id: 'c',
            output: [{ type: 'input_file', file_id: 'file-1' }],
          },
        ],
      },
      ['file file-1'],
    ],
    [
      'a screenshot',
      {
        input: [{ type: 'computer_call_output', output: { type: 'computer_screenshot', file_id: 'file-1' } }],
      },
      ['file file-1'],
    ],
    [
      'the files of a container to be',
      { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1', 'file-2'] } }] },
      ['file file-1', 'file file-2'],
    ],
    ['a container', { tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }, ['container cntr_1']],
    [
      'a container of a shell',
      { tools: [{ type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_1' } }] },
      ['container cntr_1'],
    ],
    [
      'vector stores',
      { tools: [{ type: 'file_search', vector_store_ids: ['vs_1', 'vs_2'] }] },
      ['vector_store vs_1', 'vector_store vs_2'],
    ],
    [
      'the mask of an image',
      { tools: [{ type: 'image_generation', input_image_mask: { file_id: 'file-1' } }] },
      ['file file-1'],
    ],
    [
      'a file among a prompt’s variables',
      { prompt: { id: 'pmpt_1', variables: { paper: { type: 'input_file', file_id: 'file-1' } } } },
      ['file file-1'],
    ],
    ['an item by reference', { input: [{ type: 'item_reference', id: 'msg_1' }] }, ['item msg_1']],
    [
      'an item by its id alone',
      { input: [{ id: 'msg_1' }, { id: 'rs_1', type: null }] },
      ['item msg_1', 'item rs_1'],
    ],
    [
      'what was spoken before',
      { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] },
      ['item audio_1'],
    ],
    ['a field nobody knows', { x: [{ y: { file_id: 'file-1' } }] }, ['file file-1']],
  ])('finds %s', (_, body, expected) => {
    expect(named(body)).toEqual(expected);
  });

  it.each<[string, object]>([
    ['plain text', { input: 'file_id: file-1', messages: [{ role: 'user', content: '"file_id":"file-1"' }] }],
    [
      'what is no name',
      { previous_response_id: null, conversation: {}, input: [{ file_id: 7 }], x: { file_ids: [null] } },
    ],
    [
      'an item that is sent whole',
      { input: [{ type: 'message', id: 'msg_1', role: 'assistant', content: [] }] },
    ],
    ['a message that has an id', { input: [{ id: 'msg_1', role: 'user', content: 'x' }] }],
    [
      'what an earlier answer cites',
      {
        input: [
          {
            role: 'assistant',
            content: [
              {
                type: 'output_text',
                text: 'x',
                annotations: [
                  { type: 'file_citation', file_id: 'file-1' },
                  { type: 'container_file_citation', container_id: 'cntr_1', file_id: 'cfile_1' },
                ],
              },
            ],
          },
          { type: 'file_search_call', results: [{ file_id: 'file-1' }] },
        ],
      },
    ],
    [
      'the schema of a tool',
      {
        tools: [{ type: 'function', parameters: { default: { file_id: 'file-1' }, required: ['file_id'] } }],
      },
    ],
    ['the client’s own notes', { metadata: { file_id: 'mine', container: 'box' } }],
    ['the id of a tool call', { messages: [{ role: 'assistant', tool_calls: [{ id: 'call_1' }] }] }],
  ])('finds nothing in %s', (_, body) => {
    expect(named(body)).toEqual([]);
  });

  it('tells the field', () => {
    expect(inText('{"previous_response_id":"a","input":[{"type":"item_reference","id":"b"}]}')).toEqual([
      { kind: 'response', id: 'a', param: 'previous_response_id' },
      { kind: 'item', id: 'b', param: 'input' },
    ]);
  });

  it.each([
    ['a name', '{"input":[{"type":"input_file","file_id":"file-theirs","file_id":"file-mine"}]}'],
    ['a name in escapes', '{"input":[{"file\\u005fid":"file-theirs","x":0,"x":1}]}'],
    ['what holds a name', '{"input":[{"content":[{"file_id":"file-theirs"}],"content":"hi"}]}'],
    [
      'what makes a reference',
      '{"input":[{"type":"item_reference","id":"msg_1","type":"message","role":"user"}]}',
    ],
  ])('refuses %s that stands twice, for the provider may take the other', (_, text) => {
    expect(() => inText(text)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });

  it('lets pass what stands twice and can name nothing', () => {
    expect(inText('{"messages":[{"role":"user","content":"a","content":"b"}]}')).toEqual([]);
  });
});

describe('namedByForm', () => {
  it.each([
    ['file_id', 'file'],
    ['images[][file_id]', 'file'],
    ['mask[file_id]', 'file'],
    ['file_ids[]', 'file'],
    ['file_ids[0]', 'file'],
    ['image.file_id', 'file'],
    ['container', 'container'],
    ['tools[0][vector_store_ids][1]', 'vector_store'],
  ])('finds in %s a %s', (name, kind) => {
    expect(namedByForm([{ name, text: 'an-id' }])).toEqual([{ kind, id: 'an-id', param: name }]);
  });

  it.each(['file', 'prompt', 'file_id_note', 'my_file_id'])('finds nothing in %s', (name) => {
    expect(namedByForm([{ name, text: 'an-id' }])).toEqual([]);
  });

  it.each([
    ['an object', 'images', '{"file_id":"file-1"}'],
    ['a list of objects', 'images[]', ' [{"image":{"file_id":"file-1"}}]'],
    ['a list of names', 'mask', '{"file_ids":["file-1"]}'],
    ['escaped letters', 'images', String.raw`{"f\u0069le_id":"file-1"}`],
  ])('finds a file in a text that is %s in JSON', (_, name, text) => {
    expect(namedByForm([{ name, text }])).toEqual([{ kind: 'file', id: 'file-1', param: name }]);
  });

  it.each([
    ['words that begin with a bracket', '[file_id] is what I paint'],
    ['JSON that names nothing', '{"size":"file_id"}'],
    ['a text about a name', 'a picture of file_id file-1'],
  ])('finds nothing in %s', (_, text) => {
    expect(namedByForm([{ name: 'prompt', text }])).toEqual([]);
  });
});

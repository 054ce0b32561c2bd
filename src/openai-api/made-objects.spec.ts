import { madeByCompletion, madeByItems, madeByResponse, madeByResponseEvent } from './made-objects';
import { madeByUpload } from './owned-files.service';

const STORED = { isStored: true };
const OUTPUT = [
  { type: 'reasoning', id: 'rs_1' },
  { type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1' },
  { type: 'message', id: 'msg_1', role: 'assistant' },
];
const ITEMS = [
  { kind: 'item', id: 'rs_1' },
  { kind: 'item', id: 'ci_1' },
  { kind: 'container', id: 'cntr_1' },
  { kind: 'item', id: 'msg_1' },
];

describe('A response has made', () => {
  it('itself, its items and its containers', () => {
    const response = { id: 'resp_1', output: OUTPUT };
    expect(madeByResponse(response, STORED)).toEqual([{ kind: 'response', id: 'resp_1' }, ...ITEMS]);
    expect(madeByResponseEvent({ type: 'response.completed', response }, STORED)).toHaveLength(5);
    expect(madeByItems(OUTPUT, true)).toEqual(ITEMS);
  });

  it('its containers only, where it is not stored', () => {
    expect(madeByResponse({ id: 'resp_1', output: OUTPUT }, { isStored: false })).toEqual([
      { kind: 'container', id: 'cntr_1' },
    ]);
  });

  it.each([
    [{}],
    [{ id: 7, output: 'x' }],
    [{ output: [null, 7, 'x', [], { id: null }, { container_id: {} }] }],
  ])('nothing that can be told from %j', (response) => {
    expect(madeByResponse(response, STORED)).toEqual([]);
    expect(madeByResponseEvent({ response }, STORED)).toEqual([]);
    expect(madeByResponseEvent({ delta: 'x' }, STORED)).toEqual([]);
  });
});

describe('A completion has made', () => {
  it.each(['message', 'delta'])('what it speaks in its %s', (part) => {
    const choices = [
      { [part]: { audio: { id: 'audio_1', data: 'x' } } },
      { [part]: { audio: { data: 'y' } } },
    ];
    expect(madeByCompletion({ choices })).toEqual([{ kind: 'item', id: 'audio_1' }]);
  });

  it.each([
    [{}],
    [{ choices: null }],
    [{ choices: [null, {}, { message: null }, { message: { audio: null } }] }],
  ])('nothing in %j', (completion) => expect(madeByCompletion(completion as never)).toEqual([]));
});

describe('An upload has made', () => {
  it('a file, of which what OpenAI says is kept as far as it can be stored', () => {
    const file = {
      id: 'file-1',
      filename: 'a\0\ud83d',
      purpose: 'user_data',
      bytes: 3,
      own: 'x',
      status: null,
    };
    expect(madeByUpload(file)).toEqual([
      {
        kind: 'file',
        id: 'file-1',
        facts: { id: 'file-1', filename: 'a\uFFFD\uFFFD', purpose: 'user_data', bytes: 3 },
      },
    ]);
    const [long] = madeByUpload({ id: 'file-1', filename: 'x'.repeat(5000) });
    expect((long!.facts as { filename: string }).filename).toHaveLength(1000);
  });

  it('nothing without an id', () => expect(madeByUpload({ object: 'file' })).toEqual([]));
});

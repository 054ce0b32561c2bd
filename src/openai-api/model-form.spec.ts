import type { AppError } from '../common/app-error';
import { ModelForm } from './model-form';

const TYPE = 'multipart/form-data; boundary=b';
const field = (name: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const FILE =
  '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--x --b\r\n';
const END = '--b--\r\n';
const read = (text: string, type = TYPE) => ModelForm.read(Buffer.from(text), type);
const faultOf = (text: string, type = TYPE): Promise<AppError> =>
  read(text, type).then(
    () => {
      throw new Error('no fault');
    },
    (error: unknown) => error as AppError,
  );

describe('ModelForm', () => {
  it('finds the fields and passes over the files', async () => {
    const form = await read(field('model', 'whisper-1') + FILE + field('include[]', 'logprobs') + END);
    expect(form.fields).toEqual({ model: 'whisper-1', 'include[]': 'logprobs' });
    expect(form.names).toEqual(['model', 'file', 'include']);
    expect(form.textBytes).toBe('whisper-1logprobs'.length);
  });

  it.each([
    ['without quotes', '--b\r\nContent-Disposition: form-data; name=model\r\n\r\nm\r\n--b--'],
    [
      'with other headers first',
      '--b\r\nX-A: b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--b--\r\n',
    ],
  ])('reads a name %s', async (_, text) => {
    expect((await read(text)).fields).toEqual({ model: 'm' });
  });

  it('reads a boundary in quotes', async () => {
    const form = await read(field('model', 'm') + END, 'multipart/form-data; boundary="b"');
    expect(form.fields).toEqual({ model: 'm' });
  });

  it.each([
    ['first', field('model', 'old') + FILE + END],
    ['last', FILE + field('prompt', 'é\r\n--x') + field('model', 'old') + END],
    ['empty', FILE + field('model', '') + END],
  ])('changes a model that stands %s, and no other byte', async (_, text) => {
    const changed = (await read(text)).withModel('new-model').toString();
    expect(changed).toBe(text.replace(/(name="model"\r\n\r\n)(old)?/, '$1new-model'));
  });

  it('adds a model where there is none', async () => {
    const text = FILE + END;
    const changed = (await read(text)).withModel('new');
    expect(changed.toString()).toBe(field('model', 'new') + text);
    expect((await ModelForm.read(changed, TYPE)).fields).toEqual({ model: 'new' });
  });

  it.each([
    ['has two models', field('model', 'a') + field('model', 'b') + END],
    ['has a model and a list of models', field('model', 'a') + field('model[]', 'b') + END],
    ['has a list of models alone', field('model[]', 'a') + END],
    ['has a model with an index', field('model[0]', 'a') + END],
    ['says twice whether it is a stream', field('stream', 'true') + field('stream', 'false') + END],
    ['says once in brackets whether it is a stream', field('stream[]', 'true') + END],
    ['says twice how many answers it wants', field('n', '1') + field('n', '9') + END],
    ['says in brackets how many answers it wants', field('n[x]', '9') + END],
    ['has a part without a name', `--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n${END}`],
    ['has a part without a header', `--b\r\n\r\nx\r\n${field('model', 'm')}${END}`],
    ['has a preamble', `x\r\n${field('model', 'm')}${END}`],
    ['goes on after its end', `${field('model', 'm')}${END}${field('model', 'n')}${END}`],
    ['does not end', field('model', 'm')],
    ['is empty', ''],
    ['has too many fields', field('x', 'y').repeat(201) + END],
    ['is no form', '{"model":"m"}'],
  ])('refuses one that %s', async (_, text) => {
    expect(await faultOf(text)).toMatchObject({ code: 'validation_failed', status: 400 });
  });

  it.each([
    ['model', field('model', 'a') + field('model[]', 'b') + END],
    ['n', field('n', '1') + field('n', '9') + END],
  ])('names %s where it stands in two ways', async (name, text) => {
    expect((await faultOf(text)).details).toEqual([
      { path: [name], message: `${name} stands twice in the form` },
    ]);
  });

  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=b; boundary=c',
    'multipart/form-data; boundary=""',
  ])('refuses %s', async (type) => {
    expect(await faultOf(field('model', 'm') + END, type)).toMatchObject({ code: 'validation_failed' });
  });
});

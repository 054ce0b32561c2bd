import fc from 'fast-check';
import { JsonFields } from './json-fields';

const fieldsOf = (text: string): JsonFields => new JsonFields(Buffer.from(text));

const spaced = (value: fc.JsonValue, space: string): string => JSON.stringify(value, null, space);
const object = fc.dictionary(fc.string(), fc.jsonValue());

describe('JsonFields', () => {
  it('gives back what nothing changed, as it came', () => {
    const bytes = Buffer.from(' { "a" : 1e400 , "b":[ "\\"}" ] }\n');
    expect(new JsonFields(bytes).toBuffer()).toBe(bytes);
  });

  it.each(['{"a":1}', '{}', ' {"a":"\u00ef"}'])('leaves out a byte order mark before %s', (text) => {
    expect(fieldsOf(`\ufeff${text}`).toBuffer().toString()).toBe(text);
    expect(fieldsOf(`\ufeff${text}`).set('b', 2).toBuffer().toString()).toMatch(/^\{/);
  });

  it('keeps every byte of the values it does not change', () => {
    const text =
      '{"big":12345678901234567890, "messages":[{"content":"\\u0041\\\\\\"]}","n":1.0}],"model":"a"}';
    expect(fieldsOf(text).set('model', 'b').toBuffer().toString()).toBe(
      '{"big":12345678901234567890,"messages":[{"content":"\\u0041\\\\\\"]}","n":1.0}],"model":"b"}',
    );
  });

  it('sends on only the last of duplicate fields', () => {
    const sent = fieldsOf('{"model":"good","a":1,"m\\u006fdel":"bad"}').toBuffer().toString();
    expect(sent).toBe('{"a":1,"model":"bad"}');
  });

  it('renames and removes', () => {
    const fields = fieldsOf('{"max_tokens":5,"temperature":1,"top_p":1}');
    fields.rename('max_tokens', 'max_completion_tokens').remove('temperature').rename('absent', 'present');
    expect(JSON.parse(fields.toBuffer().toString())).toEqual({ max_completion_tokens: 5, top_p: 1 });
  });

  it('can end up empty, and begin so', () => {
    expect(fieldsOf('{"a":1}').remove('a').toBuffer().toString()).toBe('{}');
    expect(fieldsOf(' { } ').set('a', 1).toBuffer().toString()).toBe('{"a":1}');
  });

  it('changes what it is told to and nothing else, whatever the object', () => {
    fc.assert(
      fc.property(
        object,
        fc.string(),
        fc.jsonValue(),
        fc.constantFrom('', ' ', '\t'),
        (value, name, set, space) => {
          fc.pre(name !== '__proto__' && !Object.hasOwn(value, '__proto__'));
          const text = spaced(value, space);
          expect(JSON.parse(fieldsOf(text).set(name, set).toBuffer().toString())).toEqual(
            JSON.parse(JSON.stringify({ ...value, [name]: set })),
          );
          const { [name]: _, ...others } = value;
          expect(JSON.parse(fieldsOf(text).remove(name).toBuffer().toString())).toEqual(
            JSON.parse(JSON.stringify(others)),
          );
        },
      ),
    );
  });
});

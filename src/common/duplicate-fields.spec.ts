import fc from 'fast-check';
import { findDuplicateField } from './duplicate-fields';

const find = (text: string) => findDuplicateField(Buffer.from(text));

describe('findDuplicateField', () => {
  it.each([
    ['below the top', '{"a":{"b":1,"b":2}}', 'b'],
    ['in an object of a list', '{"a":[1,{"b":1,"c":[],"b":2}]}', 'b'],
    ['after a nested object', '{"a":{"b":{"x":1},"c":1,"b":2}}', 'b'],
    ['spelled in another way', '{"a":{"file_id":1,"file\\u005fid":2}}', 'file_id'],
    ['of multibyte letters', '{"a":{"ж":1,"\\u0436":2}}', 'ж'],
    ['with white space around', '{ "a" : [ {"b" :\n1 , "b"\t: 2 } ] }', 'b'],
    ['that is empty', '{"a":{"":1,"":2}}', ''],
  ])('finds one %s', (_, text, name) => {
    JSON.parse(text);
    expect(find(text)).toBe(name);
  });

  it.each([
    ['the top level, where the last counts and alone goes on', '{"a":1,"a":2}'],
    ['the same name in two objects', '{"a":[{"b":1},{"b":2}],"c":{"b":3}}'],
    ['the same name in an object and in one inside it', '{"a":{"b":{"b":{"b":1}}}}'],
    ['a value like a name', '{"a":{"b":"c","c":"b","d":["b","b"]}}'],
    ['quotes, braces and commas in text', '{"a":{"b":"\\"b\\":{,","c":"},{\\"b\\":[","d":"\\\\"}}'],
    ['nothing', '{}'],
  ])('leaves alone %s', (_, text) => {
    JSON.parse(text);
    expect(find(text)).toBeUndefined();
  });

  it('finds none in what JavaScript has written, whatever it says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 4 }), (value, indent) => {
        expect(find(JSON.stringify({ value }, null, indent))).toBeUndefined();
      }),
    );
  });

  it('finds the one that was put in, wherever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), fc.jsonValue(), (before, name, after) => {
        const [key, first, second] = [name, before, after].map((part) => JSON.stringify(part));
        expect(find(`{"a":[${first},{${key}:${first},"x${name.length}y":0,${key}:${second}}]}`)).toBe(name);
      }),
    );
  });
});

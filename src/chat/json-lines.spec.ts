import fc from 'fast-check';
import { toJsonLines } from './json-lines';

const lines = (events: string): string => toJsonLines(Buffer.from(events)).toString();

describe('toJsonLines', () => {
  it.each([
    ['an event', 'data: {"a":1}\n\n', '{"a":1}\n'],
    ['several', 'data: {"a":1}\n\ndata: {"b":2}\n\n', '{"a":1}\n{"b":2}\n'],
    ['one with a name and an id', 'event: a\nid: 1\ndata: {"a":1}\n\n', '{"a":1}\n'],
    ['CRLF', 'data: {"a":1}\r\n\r\ndata: {"b":2}\r\n\r\n', '{"a":1}\n{"b":2}\n'],
    ['no space behind the colon', 'data:{"a":1}\n\n', '{"a":1}\n'],
    ['no last blank line', 'data: {"a":1}', '{"a":1}\n'],
    ['numbers as they came', 'data: {"a":1e400,"b":1.0}\n\n', '{"a":1e400,"b":1.0}\n'],
    ['text with a line break', 'data: {"a":"b\\nc"}\n\n', '{"a":"b\\nc"}\n'],
    ['data over several lines as one', 'data: {"a":1,\ndata:  "b":2}\n\n', '{"a":1,"b":2}\n'],
    ['the end as nothing', 'data: [DONE]\n\n', ''],
    ['the end between blanks as nothing', 'data:  [DONE] \n\n', ''],
    ['what only keeps the connection open as nothing', 'event: ping\ndata: ping\n\ndata:\n\n', ''],
    ['comments as nothing', ': ping\n\n\n\n', ''],
    ['nothing as nothing', '', ''],
  ])('gives %s', (_, events, expected) => {
    expect(lines(events)).toBe(expected);
  });

  it('is one line an event that parses back, whatever is in it', () => {
    const event = fc.tuple(fc.jsonValue(), fc.constantFrom(undefined, 2), fc.constantFrom('\n', '\r\n'));
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const text = events
          .map(([value, indent, end]) => {
            const data = JSON.stringify({ value }, null, indent).replaceAll('\n', `${end}data: `);
            return `data: ${data}${end}${end}`;
          })
          .join('');
        const given = lines(text).split('\n');
        expect(given.pop()).toBe('');
        expect(given.map((line) => JSON.parse(line))).toEqual(
          events.map(([value]) => JSON.parse(JSON.stringify({ value }))),
        );
      }),
    );
  });
});

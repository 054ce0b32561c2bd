import fc from 'fast-check';
import { type CsvCell, toCsv } from './csv';

/** Reads RFC 4180 letter by letter. */
function parse(text: string): string[][] {
  const records: string[][] = [[]];
  let field = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (isQuoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') field += text[++at];
      else isQuoted = false;
    } else if (letter === '"') isQuoted = true;
    else if (letter === ',' || text.startsWith('\r\n', at)) {
      records.at(-1)!.push(field);
      field = '';
      if (letter === '\r') {
        at++;
        records.push([]);
      }
    } else field += letter;
  }
  return records.slice(0, -1);
}

describe('CSV', () => {
  it('has a line for the fields’ names and one for each record', () => {
    expect(toCsv(['key', 'calls'], [['gpt-4o-mini', 2]])).toBe('key,calls\r\ngpt-4o-mini,2\r\n');
    expect(toCsv(['key'], [])).toBe('key\r\n');
  });

  it.each<[CsvCell, string]>([
    [null, ''],
    [-1, '-1'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', '"\'\r=1"'],
    ['=HYPERLINK("x","y")', '"\'=HYPERLINK(""x"",""y"")"'],
    ['a=b', 'a=b'],
  ])('writes %j so that it stays what it is', (cell, written) => {
    expect(toCsv(['key', 'calls'], [[cell, 1]])).toBe(`key,calls\r\n${written},1\r\n`);
  });

  it('is read back as it was', () => {
    const cell = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ',', '"', '\r', '\n', '=', 'é') }),
      fc.nat(),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell)), (records) => {
        const written = records.map((record) =>
          record.map((one) => (/^[=+\-@\t\r]/.test(String(one)) ? `'${one}` : String(one))),
        );
        expect(parse(toCsv(['a', 'b'], records))).toEqual([['a', 'b'], ...written]);
      }),
    );
  });
});

import {
  bareText,
  baseUrl,
  byteSize,
  commaList,
  duration,
  durationOrNone,
  flag,
  oneOf,
  origins,
  text,
  url,
  type Variable,
  usd,
  wholeNumber,
} from './variable';

const MINUTE = 60_000;
const DAY = 86_400_000;

const number = wholeNumber(3, { min: 0, max: 100 });
const mode = oneOf('auto', ['auto', 'on']);
const wait = duration(5);
const longWait = duration(5, 366 * DAY);
const anyWait = durationOrNone(30 * DAY);
const size = byteSize(7);
const database = url('postgres', 'postgresql');
const site = origins(['http://a']);

describe('variables', () => {
  it.each<[string, Variable<unknown>, string, unknown]>([
    ['money', usd(0), '12.50', 12_500_000],
    ['money to the millionth', usd(0), '0.000001', 1],
    ['no money', usd(5), '0', 0],
    ['the most money', usd(0), '1000000000', 1e15],
    ['text', text(), ' as it is ', ' as it is '],
    ['text with quotes in it', bareText(), 'a "b" c', 'a "b" c'],
    ['text with a quote at one end', bareText(), '"a', '"a'],
    ['a base URL', baseUrl(), 'http://h:1/v1', 'http://h:1/v1'],
    ['a base URL with a slash at its end', baseUrl(), 'http://h:1/v1/', 'http://h:1/v1'],
    ['a base URL with two', baseUrl(), 'http://h:1/v1//', 'http://h:1/v1'],
    ['a whole number', number, '0', 0],
    ['a whole number', number, '100', 100],
    ['a choice', mode, 'on', 'on'],
    ['a flag', flag(true), 'false', false],
    ['a flag', flag(false), 'true', true],
    ['a duration', wait, '1ms', 1],
    ['a duration without a unit', wait, '90', 90_000],
    ['a duration', wait, '30s', 30_000],
    ['a duration', wait, '15m', 15 * MINUTE],
    ['a duration', wait, '24h', DAY],
    ['the longest timer', wait, '24d', 24 * DAY],
    ['a long duration', longWait, '366d', 366 * DAY],
    ['no duration', anyWait, '0', 0],
    ['no duration', anyWait, '0s', 0],
    ['a duration that may be none', anyWait, '30d', 30 * DAY],
    ['a size', size, '10', 10],
    ['a size', size, '512KB', 512 * 1024],
    ['the largest size', size, '64mb', 64 * 1024 ** 2],
    ['a size in gigabytes', byteSize(7, 2 * 1024 ** 3), '2gb', 2 * 1024 ** 3],
    ['a URL', database, 'postgresql://u:p@h:5/db?sslmode=require', 'postgresql://u:p@h:5/db?sslmode=require'],
    ['a list', commaList(), ' a, b ,,c', ['a', 'b', 'c']],
    ['origins', site, 'https://a.example, http://b:81', ['https://a.example', 'http://b:81']],
  ])('read %s', (_, variable, value, expected) => {
    expect(variable.parse(value)).toEqual(expected);
  });

  it.each<[string, Variable<unknown>, string[]]>([
    [
      'money',
      usd(0),
      ['-1', '1e3', '12,50', '$5', '0.0000001', '1000000000.000001', '1000000001', 'NaN', '.5', '5.'],
    ],
    ['a whole number', number, ['101', '-1', '1.5', '1e1', '0x10', 'ten', '5 apples', '∞', 'Infinity', '٣']],
    ['text without quotes', bareText(), ['"a"', "'a'", '""']],
    ['a base URL', baseUrl(), ['h/v1', 'ftp://h/v1']],
    ['a choice', mode, ['ON', 'off', 'auto,on', 'toString']],
    ['a flag', flag(true), ['1', 'yes', 'True', '0']],
    ['a duration', wait, ['0', '0s', '-1s', '1.5s', '30 s', 's', '1w', '1S', '25d', '9999999999s']],
    ['a duration that may be none', anyWait, ['31d', '-1s', '0w', '0.0', 'off']],
    ['a size', size, ['0', '-1', '1.5mb', '65mb', '1gb', '1e6', 'mb']],
    [
      'a database URL',
      database,
      ['h:5/db', 'mysql://h/db', '//h/db', 'postgres', 'postgres:keyturn', 'http://h'],
    ],
    ['origins', site, ['*', 'null', 'a.example', 'https://a.example/', 'https://a.example/x', 'http://a,b']],
  ])('refuse what is not %s', (_, variable, values) => {
    for (const value of values) expect([value, variable.parse(value)]).toEqual([value, undefined]);
  });

  it('carry what they are when absent', () => {
    expect([text().fallback, number.fallback, wait.fallback, commaList(['a']).fallback]).toEqual([
      undefined,
      3,
      5,
      ['a'],
    ]);
  });
});

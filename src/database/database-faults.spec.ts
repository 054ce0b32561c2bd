import { StartupError } from '../common/startup-error';
import { toDatabaseFault } from './database-faults';

const fault = (code: string | undefined, over: object = {}): Error =>
  Object.assign(new Error(`raw ${code}\nsecond line`), { code, ...over });
const database = { address: '10.0.0.5', port: 5432 };
const refused =
  'No database answers at 10.0.0.5:5432 (ECONNREFUSED): start it, correct DATABASE_URL, or unset it for the embedded one.';

describe('toDatabaseFault', () => {
  it.each([
    ['nobody listening', fault('ECONNREFUSED', database), refused],
    [
      'a host of two addresses',
      new AggregateError([fault('ECONNREFUSED', database), fault('ECONNREFUSED')]),
      refused,
    ],
    [
      'an unknown host',
      fault('ENOTFOUND'),
      'The host named in DATABASE_URL is not known: correct it, or unset it for the embedded one.',
    ],
    [
      'a wrong password',
      fault('28P01'),
      'The database refused the user or password in DATABASE_URL: correct them.',
    ],
    [
      'a missing database',
      fault('3D000'),
      'The database named in DATABASE_URL does not exist: create it, or correct the name.',
    ],
    [
      'missing rights',
      fault('42501'),
      'The user in DATABASE_URL may not create tables: grant it CREATE on the schema public.',
    ],
    [
      'anything else',
      fault('25006'),
      'The database in DATABASE_URL cannot be used (raw 25006): mend that, correct DATABASE_URL, or unset it for the embedded one.',
    ],
  ])('tells the cure of %s, in one line', (_name, cause, message) => {
    const told = toDatabaseFault(cause);
    expect(told).toBeInstanceOf(StartupError);
    expect(told.message).toBe(message);
    expect(told.cause).toBe(cause);
  });
});

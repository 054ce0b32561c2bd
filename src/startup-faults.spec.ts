import { QueryFailedError } from 'typeorm';
import { StartupError } from './common/startup-error';
import { toStartupError } from './startup-faults';

const fault = (code: string, over: object = {}): Error =>
  Object.assign(new Error(`raw ${code}`), { code, ...over });
const database = { address: '10.0.0.5', port: 5432 };

describe('toStartupError', () => {
  it.each([
    [
      'EADDRINUSE',
      fault('EADDRINUSE', { port: 3000 }),
      'Port 3000 is in use: stop the program that has it, or set PORT (0 picks a free one).',
    ],
    [
      'EACCES',
      fault('EACCES', { port: 80 }),
      'Port 80 needs more rights than this user has: set PORT to 1024 or above.',
    ],
    [
      'EADDRNOTAVAIL',
      fault('EADDRNOTAVAIL', { address: '1.2.3.4' }),
      'This machine has no address 1.2.3.4: correct HOST (127.0.0.1 or 0.0.0.0).',
    ],
    [
      'ECONNREFUSED',
      fault('ECONNREFUSED', database),
      'No database answers at 10.0.0.5:5432 (ECONNREFUSED): start it, correct DATABASE_URL, or unset it for the embedded one.',
    ],
    [
      'ETIMEDOUT',
      fault('ETIMEDOUT', database),
      'No database answers at 10.0.0.5:5432 (ETIMEDOUT): start it, correct DATABASE_URL, or unset it for the embedded one.',
    ],
    [
      'EHOSTUNREACH',
      fault('EHOSTUNREACH', database),
      'No database answers at 10.0.0.5:5432 (EHOSTUNREACH): start it, correct DATABASE_URL, or unset it for the embedded one.',
    ],
    [
      'a host of two addresses',
      new AggregateError([fault('ECONNREFUSED', database), fault('ECONNREFUSED')]),
      'No database answers at 10.0.0.5:5432 (ECONNREFUSED): start it, correct DATABASE_URL, or unset it for the embedded one.',
    ],
    [
      'ENOTFOUND',
      fault('ENOTFOUND', { hostname: 'hunter2' }),
      'The host named in DATABASE_URL is not known: correct it, or unset it for the embedded one.',
    ],
    [
      'EAI_AGAIN',
      fault('EAI_AGAIN'),
      'The host named in DATABASE_URL is not known: correct it, or unset it for the embedded one.',
    ],
    [
      'a wrong password',
      fault('28P01'),
      'The database refused the user or password in DATABASE_URL: correct them.',
    ],
    [
      'a refused user',
      fault('28000'),
      'The database refused the user or password in DATABASE_URL: correct them.',
    ],
    [
      'a missing database',
      fault('3D000'),
      'The database named in DATABASE_URL does not exist: create it, or correct the name.',
    ],
    [
      'too few rights',
      new QueryFailedError('CREATE TABLE hunter2', [], fault('42501')),
      'The user in DATABASE_URL may not create tables: grant it CREATE on the schema public.',
    ],
  ])('tells %s in one line with its cure', (_, error, message) => {
    const told = toStartupError(error);
    expect(told).toBeInstanceOf(StartupError);
    expect(told.message).toBe(message);
    expect(told.cause).toBe(error);
  });

  it.each([
    ['a reason already told', new StartupError('PORT must be a number.')],
    ['a fault of ours', new TypeError('x is not a function')],
    ['an unknown code', fault('42P01')],
    ['a file without rights, which is no port', fault('EACCES', { path: '/srv/keyturn/port' })],
  ])('leaves %s as it is', (_, error) => expect(toStartupError(error)).toBe(error));

  it('makes an error of what is none', () => {
    expect(toStartupError('boom')).toEqual(new Error('boom'));
  });
});

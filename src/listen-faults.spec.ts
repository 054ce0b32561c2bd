import { StartupError } from './common/startup-error';
import { toListenFault } from './listen-faults';

const fault = (code: string, over: object = {}): Error =>
  Object.assign(new Error(`raw ${code}`), { code, ...over });

describe('toListenFault', () => {
  it.each([
    [
      'EADDRINUSE',
      { port: 3000 },
      'Port 3000 is in use: stop the program that has it, or set PORT (0 picks a free one).',
    ],
    ['EACCES', { port: 80 }, 'Port 80 needs more rights than this user has: set PORT to 1024 or above.'],
    [
      'EADDRNOTAVAIL',
      { address: '1.2.3.4' },
      'This machine has no address 1.2.3.4: correct HOST (127.0.0.1 or 0.0.0.0).',
    ],
    [
      'ENOTFOUND',
      { hostname: 'nohost' },
      'The name in HOST is not known: correct HOST (127.0.0.1 or 0.0.0.0).',
    ],
  ])('tells the cure of %s', (code, over, message) => {
    const cause = fault(code, over);
    const told = toListenFault(cause) as StartupError;
    expect(told).toBeInstanceOf(StartupError);
    expect(told.message).toBe(message);
    expect(told.cause).toBe(cause);
  });

  it.each([[fault('EUNKNOWN')], [new TypeError('ours')], ['text']])('leaves %p as it is', (error) => {
    expect(toListenFault(error)).toBe(error);
  });
});

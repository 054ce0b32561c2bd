import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments } from './arguments';

describe('readArguments', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyturn-doctor-'));
    writeFileSync(join(folder, 'token'), 'kt_1\n');
    writeFileSync(join(folder, 'empty'), '\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [[], { url: undefined, token: undefined }],
    [['--url', 'https://chat.example.com/'], { url: 'https://chat.example.com', token: undefined }],
    [['--url=http://10.0.0.1:3000/keyturn//'], { url: 'http://10.0.0.1:3000/keyturn', token: undefined }],
    [['--url', 'https://x?a=1#b', '--token', 'kt_2'], { url: 'https://x', token: 'kt_2' }],
  ])('reads %j', (args, expected) => expect(readArguments(args)).toEqual(expected));

  it('reads the token from a file', () => {
    expect(readArguments(['--token-file', join(folder, 'token')]).token).toBe('kt_1');
  });

  it.each([
    ['an address without a scheme', ['--url', 'chat.example.com'], /^--url must be/],
    ['another scheme', ['--url', 'ftp://x'], /^--url must be/],
    ['a password in the address', ['--url', 'https://me:secret@x'], /^--url must be/],
    ['an option without its value', ['--url'], /Use: npm run doctor/],
    ['an unknown option', ['--tokn', 'secret'], /Use: npm run doctor/],
    ['a stray word', ['secret'], /Use: npm run doctor/],
    ['a token file that is not there', ['--token-file', '/secret/none'], /^--token-file must be/],
  ])('refuses %s in one line, and repeats nothing', (_, args, message) => {
    expect(() => readArguments(args)).toThrow(
      expect.objectContaining({ name: 'StartupError', message: expect.stringMatching(message) }),
    );
    expect(() => readArguments(args)).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/secret|\n/) }),
    );
  });

  it('refuses a token file without a token', () => {
    expect(() => readArguments(['--token-file', join(folder, 'empty')])).toThrow('--token-file must be');
  });
});

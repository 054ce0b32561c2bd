import { faultOfPassword } from './acceptable-password';
import commonPasswords from './common-passwords.json';

describe('faultOfPassword', () => {
  it('knows 3,000 common passwords, in lower case, each of which the length alone would let pass', () => {
    expect(new Set(commonPasswords).size).toBe(3000);
    for (const password of commonPasswords) {
      expect(password).toBe(password.toLowerCase());
      expect(password.length).toBeGreaterThanOrEqual(8);
      expect(faultOfPassword(password)).toContain('most common');
    }
  });

  it.each([
    ['a number', 12345678, 'must be a string'],
    ['7 characters', 'x7$kQ!z', '8 to 128'],
    ['8 characters', 'x7$kQ!zp', undefined],
    ['128 characters', 'x7$kQ!zp'.repeat(16), undefined],
    ['129 characters', `${'x7$kQ!zp'.repeat(16)}a`, '8 to 128'],
    ['four emoji, whose String.length is 8', '🦊🐙🌵🚲', undefined],
    ['65 emoji, whose String.length is 130', '🦊'.repeat(65), '8 to 128'],
    ['a common one in capitals', 'PassWord', 'most common'],
    ['a common one with something added', 'password and something', undefined],
    ['blanks only', '          ', undefined],
  ])('%s', (_, password, fault) => {
    if (fault === undefined) expect(faultOfPassword(password)).toBeUndefined();
    else expect(faultOfPassword(password)).toContain(fault);
  });
});

import commonPasswords from './common-passwords.json';
import { isCommonPassword } from './uncommon-password';

describe('isCommonPassword', () => {
  it('knows 3,000, each long enough to be chosen otherwise', () => {
    expect(new Set(commonPasswords).size).toBe(3000);
    for (const password of commonPasswords) {
      expect(password.length).toBeGreaterThanOrEqual(8);
      expect(isCommonPassword(password)).toBe(true);
      expect(isCommonPassword(password.toUpperCase())).toBe(true);
    }
  });

  it.each(['x7$kQ!zp', 'password and something', ' password', '          ', '🦊🐙🌵🚲'])(
    'leaves others alone: %s',
    (password) => {
      expect(isCommonPassword(password)).toBe(false);
    },
  );
});

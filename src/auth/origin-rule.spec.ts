import { isTrustedOrigin } from './origin-rule';

const TRUSTED = ['https://app.example.com'];

describe('isTrustedOrigin', () => {
  it.each([
    [undefined, 'http://127.0.0.1:3000', true],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000', true],
    ['https://chat.example.com', 'https://chat.example.com', true],
    ['https://chat.example.com', 'https://chat.example.com:443', true],
    ['https://app.example.com', 'https://chat.example.com', true],
    ['http://app.example.com', 'https://chat.example.com', false],
    ['https://app.example.com:8443', 'https://chat.example.com', false],
    ['http://chat.example.com', 'https://chat.example.com', false],
    ['http://127.0.0.1:3001', 'http://127.0.0.1:3000', false],
    ['http://localhost:3000', 'http://127.0.0.1:3000', false],
    ['https://evil.example', 'https://chat.example.com', false],
    ['https://chat.example.com.evil.example', 'https://chat.example.com', false],
    ['https://app.example.com, https://evil.example', 'https://chat.example.com', false],
    ['null', 'https://chat.example.com', false],
    ['', 'https://chat.example.com', false],
    ['null', 'http://', false],
    ['https://chat.example.com/', 'https://chat.example.com', false],
  ])('%s at %s: %s', (origin, self, isTrusted) => {
    expect(isTrustedOrigin(origin, self, TRUSTED)).toBe(isTrusted);
  });
});

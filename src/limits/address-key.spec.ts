import fc from 'fast-check';
import { addressKey } from './address-key';

describe('addressKey', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:4711', '192.0.2.1'],
    ['2001:db8:0:1::5', '2001:db8:0:1::/64'],
    ['2001:DB8:0:1:9:9:9:9', '2001:db8:0:1::/64'],
    ['[2001:db8:0:1::5]', '2001:db8:0:1::/64'],
    ['[2001:db8:0:1::5]:443', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::1'],
  ])('of %s is %s', (address, key) => expect(addressKey(address)).toBe(key));

  it.each([
    undefined,
    '',
    'unknown',
    'localhost',
    '192.0.2',
    '192.0.2.1:',
    '[192.0.2.1',
    '_hidden',
    '1.2.3.4, 5.6.7.8',
  ])('of %j is that of whatever is no address', (address) => expect(addressKey(address)).toBe('unknown'));

  it('is the same for every port', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), fc.integer({ min: 0, max: 65_535 }), (v4, v6, port) => {
        expect(addressKey(`${v4}:${port}`)).toBe(addressKey(v4));
        expect(addressKey(`[${v6}]:${port}`)).toBe(addressKey(v6));
      }),
    );
  });
});

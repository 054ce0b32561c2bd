import { hash } from 'node:crypto';
import type { Settings } from '../config/settings';
import { AnonymousCallers } from './anonymous-callers';

const SECRET = 'a secret that the instances share';
const ADDRESS = '192.0.2.1';

const idAt = (address: string | undefined, jwtSecret = SECRET): string =>
  new AnonymousCallers({ auth: { jwtSecret } } as Settings).at(address).payer.id;
const hexOf = (id: string): string => id.replaceAll('-', '');

describe('The id of an anonymous caller', () => {
  it('is an UUID of version 8', () => {
    expect(idAt(ADDRESS)).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
  });

  it('is the same wherever the secret is, and another where the secret is another', () => {
    expect(idAt(ADDRESS)).toBe(idAt(ADDRESS));
    expect(idAt(ADDRESS, `${SECRET}!`)).not.toBe(idAt(ADDRESS));
  });

  it.each([ADDRESS, `address ${ADDRESS}`, `::ffff:${ADDRESS}`])('is no hash of %s', (text) => {
    expect(hexOf(idAt(ADDRESS)).slice(0, 8)).not.toBe(hash('sha256', text, 'hex').slice(0, 8));
  });

  it('is an address’s own, or an IPv6 network’s', () => {
    expect(idAt('192.0.2.2')).not.toBe(idAt(ADDRESS));
    expect(idAt(`::ffff:${ADDRESS}`)).toBe(idAt(ADDRESS));
    expect(idAt('2001:db8:1:2::1')).toBe(idAt('2001:db8:1:2:ffff::9'));
    expect(idAt('2001:db8:1:2::1')).not.toBe(idAt('2001:db8:1:3::1'));
    expect(idAt(undefined)).toBe(idAt('no address'));
  });
});

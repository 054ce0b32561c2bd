import { isIP } from 'node:net';
import { normalizeIp } from '@nestjs/throttler';

/** All invalid addresses share one key, so that a caller cannot invent addresses to get more budgets. */
const NO_ADDRESS = 'unknown';

/**
 * By what an address is counted: an IPv6 network of 64 bits as one, and however a proxy spells it (in brackets, with a
 * port, IPv4 as IPv6).
 */
export function addressKey(address: string | undefined): string {
  if (address === undefined) return NO_ADDRESS;
  // As the sockets of Node itself say it: nearly always.
  if (isIP(address) !== 0) return normalizeIp(address);
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(address)?.[1] ?? address.replace(/:\d+$/, '');
  return isIP(bare) === 0 ? NO_ADDRESS : normalizeIp(bare);
}

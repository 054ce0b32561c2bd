import { createHmac, hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings';
import { addressKey } from '../limits/address-key';
import type { Caller } from './caller';
import { jwtSecretOf } from './jwt-secret';

const KEY_BYTES = 32;

/** Callers without a token, told apart by their address. */
@Injectable()
export class AnonymousCallers {
  private readonly key: Buffer;

  constructor(settings: Settings) {
    this.key = Buffer.from(
      hkdfSync('sha256', jwtSecretOf(settings), '', 'keyturn anonymous caller', KEY_BYTES),
    );
  }

  /** @param address undefined where the connection is gone already */
  at(address: string | undefined): Caller {
    const name = `address ${addressKey(address)}`;
    const payer = { id: this.idOf(name), userId: null, keyId: null, timezone: 'UTC' };
    return { userId: null, payer, limited: { id: name, role: 'user' } };
  }

  /**
   * Stands for an address in the ledger, which keeps none: an UUID of version 8 (RFC 9562, 5.8). Keyed, for there are so
   * few addresses that a mere hash is undone by trying them all; by a secret that instances share, as they do the budget.
   */
  private idOf(name: string): string {
    const hex = createHmac('sha256', this.key).update(name).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}

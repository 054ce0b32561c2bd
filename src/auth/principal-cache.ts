import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import type { ExternalPrincipal, SessionPrincipal } from './principal';

/** How long another instance's sign-out may go unnoticed here. */
const RECHECK_AFTER_MS = 5000;
const MOST_ENTRIES = 10_000;

/** Not keys, which are to be refused at once when they are revoked. */
type Remembered = SessionPrincipal | ExternalPrincipal;

interface Entry {
  principal: Remembered;
  /** By `performance.now()`: a clock that is put back must not keep an ended session alive. */
  recheckAtMs: number;
}

/** Remembers for a moment whom a token speaks for, so that most requests need neither a signature nor the database. */
@Injectable()
export class PrincipalCache {
  private readonly entries = new Map<string, Entry>();
  private evictions = 0;

  constructor(private readonly clock: Clock) {}

  find(token: string): Remembered | undefined {
    const entry = this.entries.get(keyOf(token));
    if (entry === undefined || entry.recheckAtMs <= performance.now()) return undefined;
    return entry.principal.tokenExpiresAt <= this.clock.now() ? undefined : entry.principal;
  }

  /** Asks `verify`, and remembers the answer as of the moment of asking. */
  async refresh(token: string, verify: () => Promise<Remembered>): Promise<Remembered> {
    const askedAtMs = performance.now();
    const evictionsBefore = this.evictions;
    const principal = await verify();
    // The session may have ended while it was looked up.
    if (this.evictions === evictionsBefore) this.remember(token, principal, askedAtMs + RECHECK_AFTER_MS);
    return principal;
  }

  /** The tokens of an ended session are refused at once. */
  evictFamily(sessionFamily: string): void {
    this.evictions++;
    for (const [key, { principal }] of this.entries) {
      if (principal.kind === 'session' && principal.sessionFamily === sessionFamily) this.entries.delete(key);
    }
  }

  private remember(token: string, principal: Remembered, recheckAtMs: number): void {
    const key = keyOf(token);
    // Taken out first, so that the map's order is that of the last check and its first entry the stalest.
    this.entries.delete(key);
    this.entries.set(key, { principal, recheckAtMs });
    if (this.entries.size > MOST_ENTRIES) this.entries.delete(this.entries.keys().next().value!);
  }
}

/** Memory that leaks must not leak tokens. */
const keyOf = (token: string): string => hash('sha256', token, 'base64');

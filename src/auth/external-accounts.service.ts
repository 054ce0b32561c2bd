import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { spellTimeZone } from '../common/time-zone-name';
import { Settings } from '../config/settings';
import { isUniqueViolation } from '../database/database-errors';
import { Database } from '../database/database.service';
import { sql } from '../database/sql';
import { DEFAULT_TIMEZONE } from './auth.dto';
import type { ExternalClaims } from './external-issuer';
import type { ExternalPrincipal } from './principal';

type ExternalUser = Pick<ExternalPrincipal, 'id' | 'timezone'>;

/**
 * The users that come from the external issuer: one for each subject of it, made on first sight. Never a local account,
 * whatever e-mail a token names, for who controls the issuer would control that account; and never an admin.
 */
@Injectable()
export class ExternalAccounts {
  private readonly issuer: string;

  constructor(
    private readonly database: Database,
    { auth }: Settings,
  ) {
    this.issuer = auth.externalIssuer?.issuer ?? '';
  }

  async principalOf(claims: ExternalClaims): Promise<ExternalPrincipal> {
    const user = (await this.find(claims.subject)) ?? (await this.add(claims));
    return { ...user, role: 'user', kind: 'external', tokenExpiresAt: claims.expiresAt };
  }

  private async find(subject: string): Promise<ExternalUser | undefined> {
    const [user] = await this.database.query<ExternalUser>(sql`
      SELECT id, timezone FROM external_accounts JOIN users ON id = user_id
      WHERE issuer = ${this.issuer} AND subject = ${subject}`);
    return user;
  }

  /** One statement: of two first sights at once the later one fails whole, and finds the other's user. */
  private async add(claims: ExternalClaims): Promise<ExternalUser> {
    const { subject } = claims;
    const id = randomUUID();
    const timezone = spellTimeZone(claims.timezone ?? DEFAULT_TIMEZONE);
    try {
      await this.database.query(sql`
        WITH added AS (INSERT INTO users (id, role, timezone) VALUES (${id}, 'user', ${timezone}) RETURNING id)
        INSERT INTO external_accounts (issuer, subject, user_id) SELECT ${this.issuer}, ${subject}, id FROM added`);
      return { id, timezone };
    } catch (error) {
      const other = isUniqueViolation(error, 'external_accounts_pkey') ? await this.find(subject) : undefined;
      if (other === undefined) throw error;
      return other;
    }
  }
}

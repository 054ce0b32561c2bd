import { Injectable } from '@nestjs/common';
import { notFound } from '../common/app-error';
import { Database } from '../database/database.service';
import { sql } from '../database/sql';
import type { Principal } from './principal';

/** Users and keys for administrators, without anything that identifies a person. */
@Injectable()
export class Accounts {
  constructor(private readonly database: Database) {}

  /** @throws AppError not_found */
  async requireUser(id: string): Promise<Pick<Principal, 'id' | 'role' | 'timezone'>> {
    const [user] = await this.database.query<Pick<Principal, 'id' | 'role' | 'timezone'>>(
      sql`SELECT id, role, timezone FROM users WHERE id = ${id}`,
    );
    if (user === undefined) throw notFound('User');
    return user;
  }

  /**
   * A key that was not revoked, and the zone of its user.
   * @throws AppError not_found
   */
  async requireKey(id: string): Promise<Pick<Principal, 'timezone'>> {
    const [key] = await this.database.query<Pick<Principal, 'timezone'>>(sql`
      SELECT timezone FROM api_keys JOIN users ON users.id = user_id
      WHERE api_keys.id = ${id} AND revoked_at IS NULL`);
    if (key === undefined) throw notFound('API key');
    return key;
  }
}

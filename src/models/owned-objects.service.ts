import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.service';
import { sql } from '../database/sql';
import { namedObjects } from './named-objects';
import { type MadeObject, type NamedObject, objectNotFound, type Owner } from './upstream-object';

/** Ids as providers make them; what is not like one is never asked for. */
const LIKELY_ID = /^[\x21-\x7e]{1,512}$/;

/** Whose the objects at providers are: each belongs to the user who had it made. */
@Injectable()
export class OwnedObjects {
  constructor(private readonly database: Database) {}

  /** Before the user can see their ids. What is recorded already stays its owner's. */
  async record({ userId, provider }: Owner, made: readonly MadeObject[]): Promise<void> {
    const known = made.filter(({ id }) => LIKELY_ID.test(id));
    if (known.length === 0) return;
    const facts = known.map((object) => (object.facts === undefined ? null : JSON.stringify(object.facts)));
    await this.database.query(sql`
      INSERT INTO upstream_objects (provider, id, kind, user_id, facts, call_id)
      SELECT ${provider}, given.id, given.kind, ${userId}::uuid, given.facts::jsonb, given.call_id
      FROM unnest(${known.map(({ id }) => id)}::text[], ${known.map(({ kind }) => kind)}::text[],
                  ${facts}::text[], ${known.map(({ callId }) => callId ?? null)}::uuid[])
           AS given (id, kind, facts, call_id)
      ON CONFLICT DO NOTHING`);
  }

  /** @throws AppError not_found for the first that is not the user's */
  async require({ userId, provider }: Owner, named: readonly NamedObject[]): Promise<void> {
    const possible = named.filter(({ id }) => LIKELY_ID.test(id));
    const rows =
      possible.length === 0
        ? []
        : await this.database.query<{ kind: string; id: string }>(sql`
            SELECT kind, id FROM upstream_objects
            WHERE provider = ${provider} AND user_id = ${userId} AND (kind, id) IN (
              SELECT * FROM unnest(${possible.map(({ kind }) => kind)}::text[],
                                   ${possible.map(({ id }) => id)}::text[]))`);
    const owned = new Set(rows.map(({ kind, id }) => `${kind} ${id}`));
    const missing = named.find(({ kind, id }) => !owned.has(`${kind} ${id}`));
    if (missing !== undefined) throw objectNotFound(missing);
  }

  /**
   * For a request that is passed on.
   * @param bytes the body's bytes as they arrived
   * @throws AppError not_found where it names what is not the user's; validation_failed
   */
  async requireNamed(owner: Owner, body: object, bytes: Buffer): Promise<void> {
    const named = namedObjects(body as Record<string, unknown>, bytes);
    if (named.length > 0) await this.require(owner, named);
  }

  /** What the provider has deleted. */
  async forget({ userId, provider }: Owner, { kind, id }: NamedObject): Promise<void> {
    await this.database.query(sql`
      DELETE FROM upstream_objects
      WHERE provider = ${provider} AND user_id = ${userId} AND kind = ${kind} AND id = ${id}`);
  }
}

import { Injectable } from '@nestjs/common';
import { toStorableJson } from '../common/storable-text';
import { Database } from '../database/database.service';
import { empty, sql } from '../database/sql';
import type { MadeObject, Owner } from '../models/upstream-object';
import type { FilePageRequest } from './file-page';

/** What OpenAI says of a file; `status_details` only of one that failed. */
const FILE_FIELDS = [
  'id',
  'object',
  'bytes',
  'created_at',
  'expires_at',
  'filename',
  'purpose',
  'status',
  'status_details',
] as const;
const LONGEST_TEXT = 1000;

export type FileFacts = Partial<Record<(typeof FILE_FIELDS)[number], unknown>>;

/** What is kept of a file to list it by; the file itself is the provider's. */
export function madeByUpload(file: Record<string, unknown>): MadeObject[] {
  if (typeof file.id !== 'string') return [];
  const facts = Object.fromEntries(
    FILE_FIELDS.filter((name) => isScalar(file[name])).map((name) => [name, shorten(file[name])]),
  );
  return [{ kind: 'file', id: file.id, facts: toStorableJson(facts) }];
}

/** A user's files as the provider described them when they came: its own list has everybody's. */
@Injectable()
export class OwnedFiles {
  constructor(private readonly database: Database) {}

  /**
   * @returns one more than was asked for where there are more
   */
  async list({ userId, provider }: Owner, page: FilePageRequest): Promise<FileFacts[]> {
    const mine = sql`provider = ${provider} AND user_id = ${userId} AND kind = 'file'`;
    const { after, purpose, isAscending, limit } = page;
    const place = sql`(SELECT created_at, id FROM upstream_objects WHERE ${mine} AND id = ${after})`;
    const isBeyond = isAscending ? sql`(created_at, id) > ${place}` : sql`(created_at, id) < ${place}`;
    const rows = await this.database.query<{ facts: FileFacts }>(sql`
      SELECT facts FROM upstream_objects
      WHERE ${mine} AND COALESCE((facts->>'expires_at')::numeric, 'Infinity') > extract(epoch FROM now())
        ${purpose === undefined ? empty : sql`AND facts->>'purpose' = ${purpose}`}
        ${after === undefined ? empty : sql`AND ${isBeyond}`}
      ORDER BY ${isAscending ? sql`created_at, id` : sql`created_at DESC, id DESC`}
      LIMIT ${limit + 1}`);
    return rows.map(({ facts }) => facts);
  }
}

const isScalar = (value: unknown): boolean => value !== undefined && typeof value !== 'object';

const shorten = (value: unknown): unknown =>
  typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : value;

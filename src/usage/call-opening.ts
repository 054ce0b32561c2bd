import { utcOffsetMinutes } from '../common/zoned-time';
import { empty, type Sql, sql } from '../database/sql';
import type { QuotaKind } from './quota-limits';
import type { CallIntent } from './usage.types';

/**
 * In the FROM of a statement: its commit does not wait for the disk. A crash of the app loses nothing by it, one of the
 * database's machine at most the last moment.
 */
export const withoutDiskWait = sql`set_config('synchronous_commit', 'off', true) AS unhurried`;

/** What holds for every user and address that has no limit of its own. 0: none. */
export interface DefaultLimits {
  tokensADay: number;
  costAMonthMicroUsd: number;
}

export interface Opening {
  intents: readonly CallIntent[];
  defaults: DefaultLimits;
  now: Date;
  /** Whose hands calls of no turn are in; null for those of turns, which have a lease. */
  instanceId: string | null;
  /** Of turns: where it fails, nothing is opened. */
  condition?: Sql;
}

/** How one call stood to one limit that it is held against. */
export interface Judgement {
  /** How many calls the whole statement has written. */
  opened: number;
  /** The call's place among those opened together, from 1. */
  n: number;
  fits: boolean;
  /** The window has no row to be locked yet; it was not judged. */
  isNew: boolean;
  subject: string;
  isKey: boolean;
  kind: QuotaKind;
  /** YYYY-MM-DD */
  startsOn: string;
  /** null: the model has no known price. */
  amount: number | null;
  most: number;
  /** What was neither used nor reserved before these calls. */
  remaining: number;
  endsInSeconds: number;
}

/**
 * Writes the intents of calls, and reserves the most that each can come to, in one statement: of those that do not fit
 * in what is left of a limit, nothing is written. The windows' rows are locked, always in the same order, before they
 * are looked at, so that calls of all instances are held against what is true; of several calls the earlier come first.
 * Gives a row for each limit that a call was held against; where there was none, one row with `n` null.
 */
export function opening({ intents, defaults, now, instanceId, condition = sql`true` }: Opening): Sql {
  const column = <Name extends keyof CallIntent>(name: Name) => intents.map((intent) => intent[name]);
  const payers = column('payer');
  const worst = column('worstCase');
  return sql`
    WITH given AS MATERIALIZED (
      SELECT given.*, ((now() AT TIME ZONE 'UTC') + make_interval(mins => utc_offset))::date AS day
      FROM ${instanceId === null ? empty : sql`${withoutDiskWait},`} unnest(
        (SELECT ${column('id')}::uuid[]), ${payers.map(({ userId }) => userId)}::uuid[], ${payers.map(({ id }) => id)}::uuid[],
        ${payers.map(({ keyId }) => keyId)}::uuid[],
        ${payers.map(({ timezone }) => utcOffsetMinutes(timezone, now))}::integer[],
        ${column('turnId')}::uuid[], ${column('conversationId')}::bigint[], ${column('step')}::integer[],
        ${column('attempt')}::integer[], ${column('door')}::text[], ${column('provider')}::text[],
        ${column('model')}::text[], ${column('inputTokensEstimate')}::integer[],
        ${worst.map(({ tokens }) => tokens)}::bigint[], ${worst.map(({ costMicroUsd }) => costMicroUsd)}::bigint[],
        ${worst.map(({ outputTokens }) => outputTokens)}::bigint[]
      ) WITH ORDINALITY AS given
        (id, user_id, payer_id, key_id, utc_offset, turn_id, conversation_id, step, attempt, door, provider, model,
         input_tokens_estimate, worst_tokens, worst_cost, worst_output, n)
      WHERE ${condition}
    ),
    claimed AS MATERIALIZED (
      SELECT n, utc_offset, claim.subject, is_key, claim.kind, starts_on, claim.amount,
             coalesce(quota_limits.amount, usual) AS most
      FROM given
      CROSS JOIN LATERAL (VALUES
        (payer_id, false, 'tokens_a_day', day, worst_tokens, ${defaults.tokensADay}::bigint),
        (payer_id, false, 'cost_a_month', date_trunc('month', day)::date, worst_cost,
         ${defaults.costAMonthMicroUsd}::bigint),
        (key_id, true, 'tokens_a_day', day, worst_tokens, 0),
        (key_id, true, 'cost_a_month', date_trunc('month', day)::date, worst_cost, 0)
      ) AS claim (subject, is_key, kind, starts_on, amount, usual)
      LEFT JOIN quota_limits ON quota_limits.subject = claim.subject AND quota_limits.kind = claim.kind
      WHERE claim.subject IS NOT NULL AND coalesce(quota_limits.amount, usual) > 0
        AND claim.amount IS DISTINCT FROM 0
    ),
    locked AS MATERIALIZED (
      SELECT subject, kind, starts_on, used + reserved AS taken FROM quota_windows
      WHERE (subject, kind, starts_on) IN (SELECT subject, kind, starts_on FROM claimed)
      ORDER BY subject, kind, starts_on FOR UPDATE
    ),
    judged AS MATERIALIZED (
      SELECT claimed.*, taken, amount IS NOT NULL
        AND taken + sum(amount) OVER (PARTITION BY subject, kind, starts_on ORDER BY n) <= most AS fits
      FROM claimed LEFT JOIN locked USING (subject, kind, starts_on)
    ),
    pledged AS MATERIALIZED (
      SELECT n,
        max(amount) FILTER (WHERE NOT is_key AND kind = 'tokens_a_day') AS payer_tokens,
        max(amount) FILTER (WHERE NOT is_key AND kind = 'cost_a_month') AS payer_cost,
        max(amount) FILTER (WHERE is_key AND kind = 'tokens_a_day') AS key_tokens,
        max(amount) FILTER (WHERE is_key AND kind = 'cost_a_month') AS key_cost
      FROM judged GROUP BY n HAVING bool_and(fits IS TRUE)
    ),
    reserved AS (
      UPDATE quota_windows SET reserved = reserved + added.amount
      FROM (
        SELECT subject, kind, starts_on, sum(amount)::bigint AS amount
        FROM judged JOIN pledged USING (n) GROUP BY subject, kind, starts_on
      ) AS added
      WHERE quota_windows.subject = added.subject AND quota_windows.kind = added.kind
        AND quota_windows.starts_on = added.starts_on
    ),
    opened AS (
      INSERT INTO upstream_calls
        (id, user_id, payer_id, key_id, day, turn_id, conversation_id, step, attempt, door, provider, model,
         input_tokens_estimate, instance_id,
         payer_tokens_reserved, payer_cost_reserved, key_tokens_reserved, key_cost_reserved,
         reserved_output_tokens)
      SELECT id, user_id, payer_id, key_id, day, turn_id, conversation_id, step, attempt, door, provider, model,
             input_tokens_estimate, ${instanceId}::uuid, payer_tokens, payer_cost, key_tokens, key_cost,
             CASE WHEN pledged.n IS NOT NULL THEN worst_output END
      FROM given LEFT JOIN pledged USING (n)
      WHERE pledged.n IS NOT NULL OR n NOT IN (SELECT n FROM judged)
      RETURNING id
    )
    SELECT opened, n, coalesce(fits, false) AS fits, n IS NOT NULL AND taken IS NULL AS "isNew", subject, is_key AS "isKey", kind,
           starts_on::text AS "startsOn", amount, most, most - taken AS remaining,
           ceil(extract(epoch FROM
             (CASE kind WHEN 'tokens_a_day' THEN starts_on + 1 ELSE (starts_on + interval '1 month')::date END)
             - make_interval(mins => utc_offset) - (now() AT TIME ZONE 'UTC')))::integer AS "endsInSeconds"
    FROM (SELECT count(*)::integer AS opened FROM opened) AS written LEFT JOIN judged ON true`;
}

/**
 * The same for calls that most likely nothing limits, at half the cost: gives back the ids of those that were written;
 * who has a limit was left out. The first list is given by a query of its own: where the planner sees how long it is, it
 * plans the prepared statement anew each time, which takes as long as the rest.
 */
export function openingUnlimited({ intents, now, instanceId }: Opening): Sql {
  const column = <Name extends keyof CallIntent>(name: Name) => intents.map((intent) => intent[name]);
  const payers = column('payer');
  return sql`
    INSERT INTO upstream_calls
      (id, user_id, payer_id, key_id, day, attempt, door, provider, model, input_tokens_estimate, instance_id)
    SELECT id, user_id, payer_id, key_id, ((now() AT TIME ZONE 'UTC') + make_interval(mins => utc_offset))::date,
           attempt, door, provider, model, input_tokens_estimate, ${instanceId}::uuid
    FROM ${withoutDiskWait}, unnest(
      (SELECT ${column('id')}::uuid[]), ${payers.map(({ userId }) => userId)}::uuid[], ${payers.map(({ id }) => id)}::uuid[],
      ${payers.map(({ keyId }) => keyId)}::uuid[],
      ${payers.map(({ timezone }) => utcOffsetMinutes(timezone, now))}::integer[], ${column('attempt')}::integer[],
      ${column('door')}::text[], ${column('provider')}::text[], ${column('model')}::text[],
      ${column('inputTokensEstimate')}::integer[]
    ) AS given
      (id, user_id, payer_id, key_id, utc_offset, attempt, door, provider, model, input_tokens_estimate)
    WHERE NOT EXISTS (SELECT FROM quota_limits WHERE subject IN (payer_id, key_id) AND amount > 0)
    RETURNING id`;
}

/** The rows of windows that have none yet, for calls to be held against. */
export function beginningWindows(judgements: readonly Judgement[]): Sql {
  const fresh = judgements.filter(({ isNew }) => isNew);
  return sql`
    INSERT INTO quota_windows (subject, kind, starts_on)
    SELECT DISTINCT * FROM unnest(
      ${fresh.map(({ subject }) => subject)}::uuid[], ${fresh.map(({ kind }) => kind)}::text[],
      ${fresh.map(({ startsOn }) => startsOn)}::date[]) AS fresh (subject, kind, starts_on)
    ORDER BY subject, kind, starts_on ON CONFLICT DO NOTHING`;
}

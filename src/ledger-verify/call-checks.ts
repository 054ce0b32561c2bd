import { NO_MODEL } from '../models/call-settlement';
import type { Check } from './check';

/** How long what a process left behind may wait for the others to book it. */
const LEAK_AFTER = `interval '2 minutes'`;

/** As each instance says every ten seconds that it lives. */
const isServed = `EXISTS (SELECT 1 FROM instances WHERE seen_at > now() - interval '30 seconds')`;

const leftOpen = `
  SELECT calls.id, calls.created_at, turn_id IS NULL AS is_turnless
  FROM upstream_calls AS calls
  LEFT JOIN instances ON instances.id = instance_id
  LEFT JOIN turns ON turns.id = turn_id
  WHERE settled_at IS NULL AND calls.created_at < now() - ${LEAK_AFTER}
    AND coalesce(CASE WHEN turn_id IS NULL THEN seen_at ELSE coalesce(finished_at, lease_expires_at) END, '-infinity')
      < now() - ${LEAK_AFTER}`;

const oneRowEach: Check = {
  subject: 'calls',
  agreement: 'each that was settled has its one row in the ledger, and each row its call',
  statement: `
    SELECT 'call ' || coalesce(calls.id, call_id) AS place,
      CASE
        WHEN calls.id IS NULL THEN 'a row in the ledger, and no call'
        WHEN call_id IS NULL THEN 'a call that was settled, and no row in the ledger'
        WHEN settled_at IS NULL THEN 'a row in the ledger, and a call that is open'
        ELSE 'a row in the ledger with another user, payer, key, day, turn or conversation'
      END AS found,
      CASE WHEN calls.id IS NOT NULL AND call_id IS NOT NULL AND settled_at IS NOT NULL THEN 'the call’s' ELSE 'both' END
        AS expected
    FROM upstream_calls AS calls FULL JOIN usage_ledger AS ledger ON call_id = calls.id
    WHERE calls.id IS NULL OR (settled_at IS NULL) <> (call_id IS NULL)
      -- What an older version wrote has no payer.
      OR (ledger.payer_id IS NOT NULL AND calls.payer_id IS NOT NULL
        AND (ledger.payer_id, ledger.user_id, ledger.key_id, ledger.day, ledger.turn_id, ledger.conversation_id)
          IS DISTINCT FROM
            (calls.payer_id, calls.user_id, calls.key_id, calls.day, calls.turn_id, calls.conversation_id))`,
};

const possibleNumbers: Check = {
  subject: 'numbers',
  agreement: 'none is below 0, none a part of less than itself',
  statement: `
    SELECT 'call ' || call_id AS place,
      format('input %s, cached %s, output %s, reasoning %s, cost %s',
        input_tokens, cached_tokens, output_tokens, reasoning_tokens, coalesce(cost_micro_usd::text, 'unknown')) AS found,
      'nothing below 0, cached within input, reasoning within output' AS expected
    FROM usage_ledger
    WHERE least(input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_micro_usd) < 0
      OR cached_tokens > input_tokens OR reasoning_tokens > output_tokens
    UNION ALL
    SELECT 'call ' || id, 'a reservation below 0', '0 or more' FROM upstream_calls
    WHERE least(payer_tokens_reserved, payer_cost_reserved, key_tokens_reserved, key_cost_reserved) < 0
    UNION ALL
    SELECT concat_ws(' ', 'window', subject, kind, starts_on), format('used %s, reserved %s', used, reserved), '0 or more'
    FROM quota_windows WHERE least(used, reserved) < 0`,
};

/** Only what no provider billed is free without a price. */
const datedPrices: Check = {
  subject: 'prices',
  agreement: 'each cost names the day of its price',
  statement: `
    SELECT 'call ' || call_id AS place, format('cost %s, no price date', cost_micro_usd) AS found,
           'a price date' AS expected
    FROM usage_ledger
    WHERE cost_micro_usd IS NOT NULL AND price_date IS NULL
      AND NOT (cost_micro_usd = 0 AND (is_cache_hit OR model = '${NO_MODEL}'))`,
};

const noLeaks: Check = {
  subject: 'open calls',
  agreement: 'each is in somebody’s hands',
  statement: `
    SELECT 'call ' || id AS place,
           format('open since %s, its %s', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
             CASE WHEN is_turnless THEN 'instance gone' ELSE 'turn over' END) AS found,
           'booked as an estimate' AS expected
    FROM (${leftOpen}) AS left_open WHERE ${isServed}`,
};

export const callChecks: readonly Check[] = [oneRowEach, possibleNumbers, datedPrices, noLeaks];

/** How much was looked at, and what is no disagreement but worth a word. */
export const countEverything = `
  SELECT (SELECT count(*) FROM upstream_calls) AS calls,
         (SELECT count(*) FROM upstream_calls WHERE settled_at IS NULL) AS open,
         (SELECT count(*) FROM usage_ledger) AS rows,
         (SELECT count(*) FROM quota_windows) AS windows,
         (SELECT count(*) FROM usage_days) + (SELECT count(*) FROM usage_tool_days) AS sums,
         (SELECT count(*) FROM usage_ledger WHERE payer_id IS NULL) AS "withoutPayer",
         (SELECT count(*) FROM (${leftOpen}) AS left_open WHERE NOT ${isServed}) AS waiting`;

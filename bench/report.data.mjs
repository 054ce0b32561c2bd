/**
 * Fills a large ledger in a few seconds: a million calls of 500 users in 90 days, with turns for a fifth of the calls.
 */
export const CALLS = 1_000_000;
export const USERS = 500;
export const DAYS = 90;

/** The number of calls by a single user. */
const HEAVY = 220_000;
const MODELS = ['gpt-4o-mini', 'gpt-4o', 'gpt-5-mini', 'gpt-5', 'gemini-2.5-flash', 'text-embedding-3-small'];
const TOOLS = ['add_task', 'list_tasks', 'get_task', 'update_task', 'complete_task', 'delete_task'];

const pick = (names, number) => `(ARRAY['${names.join(`','`)}'])[1 + (${number}) % ${names.length}]`;

/**
 * Fifty calls in a row belong to one user. Every fifth of them belongs to a turn; these ten share one conversation, day
 * and model. The rows look like settled calls, but the sums are missing: `ledger:verify --repair` computes them.
 * @param client of the database
 * @param heavyUser the id of the user with more than a fifth of the calls
 */
export async function fillLedger(client, heavyUser) {
  await client.query(`
    CREATE TEMP TABLE payers AS
    SELECT number, CASE number WHEN 0 THEN '${heavyUser}'::uuid ELSE gen_random_uuid() END AS id
    FROM generate_series(0, ${USERS - 1}) AS number`);
  await client.query(`
    INSERT INTO upstream_calls
      (id, user_id, payer_id, turn_id, conversation_id, step, attempt, day, door, provider, model, created_at, settled_at)
    SELECT gen_random_uuid(), payers.id, payers.id,
           CASE WHEN is_turn THEN md5('turn ' || place / 10)::uuid END, CASE WHEN is_turn THEN bundle + 1 END,
           CASE WHEN is_turn THEN 1 + place % 10 / 5 END, 1, day, CASE WHEN is_turn THEN 'agent' ELSE 'chat' END, 'openai',
           CASE WHEN is_turn THEN ${pick(MODELS, 'bundle')} ELSE ${pick(MODELS, 'hashint4(place) & 1048575')} END,
           day + interval '12 hours', day + interval '12 hours 2 seconds'
    FROM generate_series(0, ${CALLS - 1}) AS place
    CROSS JOIN LATERAL (SELECT place / 50 AS bundle, place % 5 = 0 AS is_turn) AS grouped
    CROSS JOIN LATERAL (
      SELECT current_date - (CASE WHEN is_turn THEN bundle ELSE hashint4(place + 1) & 1048575 END) % ${DAYS} AS day
    ) AS dated
    JOIN payers ON number = CASE WHEN place < ${HEAVY} THEN 0 ELSE 1 + bundle % ${USERS - 1} END`);
  await client.query(`
    INSERT INTO usage_ledger
      (call_id, user_id, payer_id, turn_id, conversation_id, day, door, provider, model, outcome, is_estimated,
       input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_micro_usd, price_date, tools, created_at)
    SELECT id, user_id, payer_id, turn_id, conversation_id, day, door, provider, model, 'completed', weight % 50 = 0,
           200 + weight % 2000, weight % 200, 50 + weight % 500, weight % 50, 100 + weight % 3000, '2025-01-01',
           CASE WHEN turn_id IS NOT NULL AND step = 1 THEN ARRAY[${pick(TOOLS, 'weight')}] END, settled_at
    FROM upstream_calls CROSS JOIN LATERAL (SELECT hashtext(id::text) & 1048575 AS weight) AS weighed`);
  await client.query(`
    INSERT INTO turns (id, conversation_id, user_id, state, model, lease_token, lease_expires_at, created_at, finished_at)
    SELECT turn_id, min(conversation_id), min(user_id::text)::uuid, 'completed', 'gpt-4o-mini', turn_id, min(created_at),
           min(created_at), min(created_at) + make_interval(secs => 1 + random() * 9)
    FROM upstream_calls WHERE turn_id IS NOT NULL GROUP BY turn_id`);
  await client.query(`
    INSERT INTO tool_effects (turn_id, step, ordinal, tool, arguments, result, images)
    SELECT turn_id, 1, 1, min(tools[1]), '{"title":"Buy milk"}', CASE WHEN random() < 0.05
             THEN '{"error":"not_found","detail":"There is no such task."}' ELSE '{"task":{"id":1,"title":"Buy milk"}}' END::jsonb, '[]'
    FROM usage_ledger WHERE tools IS NOT NULL GROUP BY turn_id`);
  await client.query('ANALYZE');
}

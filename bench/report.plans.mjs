import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DAYS } from './report.data.mjs';

/** Prints which index Postgres uses for each report, for the app's own statements. */
export async function tellPlans(folder, client, userId) {
  const load = createRequire(join(folder, 'package.json'));
  const { UsageReports } = load('./dist/usage/usage-reports.service.js');
  const { TurnAnalytics } = load('./dist/agent/turn-analytics.service.js');
  const days = async (count) => {
    const text = 'SELECT (current_date - $1::integer)::text AS "from", current_date::text AS "to"';
    return (await client.query({ text, values: [count - 1] })).rows[0];
  };
  const [all, week] = [await days(DAYS), await days(7)];
  const { rows: others } = await client.query(
    'SELECT payer_id AS id FROM usage_days WHERE payer_id <> $1 LIMIT 1',
    [userId],
  );
  const report = (selection) => (database) => new UsageReports(database).report(selection);
  const countTurns = (id) => (database) =>
    new TurnAnalytics(database).countTurns({ from: new Date(all.from), until: new Date(), userId: id });
  const plans = {
    ...Object.fromEntries(
      ['day', 'model', 'tool', 'conversation'].map((groupBy) => [
        `own, by ${groupBy}`,
        report({ ...all, groupBy, payerId: userId }),
      ]),
    ),
    'admin’s, by user': report({ ...all, groupBy: 'user' }),
    'admin’s, by user, of a week': report({ ...week, groupBy: 'user' }),
    'the turns of another': countTurns(others[0].id),
  };
  for (const [name, make] of Object.entries(plans)) {
    const { text, values } = await statementOf(make);
    const { rows } = await client.query({ text: `EXPLAIN (ANALYZE, BUFFERS) ${text}`, values });
    console.log(`\n${name}:`);
    for (const { 'QUERY PLAN': line } of rows)
      if (/(Seq|Index|Heap) (Only )?Scan|Index Cond|Execution/.test(line)) console.log(`  ${line.trim()}`);
    console.log(`  ${rows.find(({ 'QUERY PLAN': line }) => line.includes('Buffers'))['QUERY PLAN'].trim()}`);
  }
}

/** Captures the statement that a service would send to the database. */
async function statementOf(make) {
  let statement;
  const query = (made) => {
    statement = made;
    return Promise.resolve([{ calls: 0 }]);
  };
  await make({ query });
  return statement;
}

/** Reports over a million ledger rows: how long each takes through HTTP, and which index Postgres uses. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { install, remove, untilHealthy } from './installation.mjs';
import { start, stop } from './processes.mjs';
import { CALLS, DAYS, fillLedger } from './report.data.mjs';
import { tellPlans } from './report.plans.mjs';
import { quantile } from './statistics.mjs';
import { fixed, printTable } from './table.mjs';

const REQUESTS = 50;
const WARM_UPS = 3;
const TARGET_MS = 300;
const PASSWORD = 'four plain words together';

/** @returns whether all reports meet the target */
export async function benchReport({ from }) {
  const folder = install(from);
  const { child, url } = await untilHealthy(process.execPath, ['dist/main.js'], {
    folder,
    env: { SIMULATOR: 'on' },
  });
  const admin = await signUp(url, 'admin@example.com');
  const user = await signUp(url, 'heavy@example.com');
  const client = new pg.Client(databaseUrl(folder));
  await client.connect();
  await timed(`${CALLS.toLocaleString('en')} calls, ledger rows and their turns made`, () =>
    fillLedger(client, user.id),
  );
  await timed('sums made of them (ledger:verify --repair)', () => verifyLedger(folder, '--repair'));
  await client.query('VACUUM ANALYZE');
  await timed('all of it verified (ledger:verify)', () => verifyLedger(folder));
  await tellSizes(client, user.id);
  const isGood = await measureAll(url, await reports(client, admin, user));
  await tellPlans(folder, client, user.id);
  await client.end();
  await stop(child);
  remove(folder);
  return isGood;
}

async function reports(client, admin, user) {
  const { rows } = await client.query(
    `SELECT (current_date - ${DAYS - 1})::text AS "from", current_date::text AS "to"`,
  );
  const period = new URLSearchParams(rows[0]).toString();
  const own = ['day', 'model', 'tool', 'conversation'].map((group) => ({
    name: `own, by ${group}`,
    path: `/api/usage?${period}&group_by=${group}`,
    caller: user,
  }));
  const all = ['user', 'day', 'model', 'tool', 'conversation'].map((group) => ({
    name: `admin’s, by ${group}`,
    path: `/api/admin/usage?${period}&group_by=${group}`,
    caller: admin,
  }));
  const others = [
    { name: 'own limits', path: '/api/usage/limits', caller: user },
    { name: 'own analytics', path: `/api/usage/analytics?${period}`, caller: user },
    { name: 'admin’s analytics', path: `/api/admin/analytics?${period}`, caller: admin },
  ];
  return [...own, ...all, ...others];
}

async function measureAll(url, all) {
  const measured = [];
  for (const { name, path, caller } of all) {
    const times = [];
    let rows;
    for (let count = -WARM_UPS; count < REQUESTS; count++) {
      const startedAt = performance.now();
      const answer = await fetch(url + path, { headers: caller.headers });
      const body = await answer.json();
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${body.message}`);
      if (count >= 0) times.push(performance.now() - startedAt);
      rows = (body.rows ?? body.windows ?? body.tools).length;
    }
    measured.push({ name, rows, p50: quantile(times, 0.5), p95: quantile(times, 0.95) });
  }
  console.log();
  printTable(
    ['report', 'rows', 'p50 ms', 'p95 ms', `p50 ≤ ${TARGET_MS} ms`],
    measured.map(({ name, rows, p50, p95 }) => [
      name,
      rows,
      fixed(p50, 1),
      fixed(p95, 1),
      p50 <= TARGET_MS ? 'yes' : 'MISS',
    ]),
  );
  return measured.every(({ p50 }) => p50 <= TARGET_MS);
}

async function tellSizes(client, userId) {
  const { rows } = await client.query(
    `SELECT (SELECT count(*) FROM usage_ledger) AS ledger, (SELECT count(*) FROM usage_ledger WHERE payer_id = $1) AS heavy,
            (SELECT count(*) FROM usage_days) AS days, (SELECT count(*) FROM usage_days WHERE payer_id = $1) AS heavy_days,
            (SELECT count(*) FROM usage_tool_days) AS tools, (SELECT count(*) FROM turns) AS turns`,
    [userId],
  );
  const { ledger, heavy, days, heavy_days: heavyDays, tools, turns } = rows[0];
  console.log(`ledger ${ledger} rows, ${heavy} of them one user’s; usage_days ${days}, ${heavyDays} of them`);
  console.log(`that user’s; usage_tool_days ${tools}; turns ${turns}`);
}

async function verifyLedger(folder, ...args) {
  const child = start(process.execPath, ['dist/ledger-verify/main.js', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`ledger:verify ended with ${code}`);
}

async function timed(what, work) {
  const startedAt = performance.now();
  await work();
  console.log(`${what}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** The address of the embedded database, read from its own files. */
function databaseUrl(folder) {
  const read = (...path) => readFileSync(join(folder, '.data', ...path), 'utf8');
  const port = read('postgres', 'postmaster.pid').split('\n')[3];
  return `postgres://keyturn:${read('postgres-password').trim()}@127.0.0.1:${port}/postgres`;
}

async function signUp(url, email) {
  const answer = await fetch(`${url}/api/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  const { token, user } = await answer.json();
  return { id: user.id, headers: { authorization: `Bearer ${token}` } };
}

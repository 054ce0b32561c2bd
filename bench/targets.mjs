/** One row of the door benchmark: a request and its target, verified once, then measured. */
import { request } from 'undici';
import { cpuSeconds } from './proc.mjs';

const PHASES = {
  json: { alone: { clients: 1, plan: {} }, busy: { clients: 32, plan: {} } },
  stream: {
    alone: { clients: 1, plan: { count: 5, gapMs: 2 } },
    busy: { clients: 16, plan: { count: 200 } },
  },
};

const PROBE_TIMEOUT_MS = 10_000;

const phaseOf = ({ kind }, phase) => PHASES[kind.isStream ? 'stream' : 'json'][phase];

const target = (kind, row) => ({ ...row, kind, references: {}, results: { alone: [], busy: [] } });

export function directTarget(kind, provider) {
  const { path, body } = kind;
  return target(kind, { name: 'direct', origin: provider, path, body, check: () => undefined });
}

export function expressTarget(kind, { origin, pid }) {
  const { path, body, expressCheck: check } = kind;
  return target(kind, { name: 'Express + SDK', origin, pid, path, body, check });
}

export function doorTarget(kind, door, { url, pid, headers }) {
  return target(kind, { ...door, name: door.path, origin: url, pid, headers });
}

/** Checks one reply of each phase and keeps it as the reference for all others; records any fault. */
export async function probe(target, provider) {
  const { kind, origin, path, headers, check } = target;
  for (const phase of ['alone', 'busy']) {
    const { plan } = phaseOf(target, phase);
    const original = await post(provider, kind.path, kind.body(plan));
    const reply = await post(origin, path, target.body(plan), headers).catch(({ code }) => ({
      status: code,
    }));
    if (reply.status !== 200) target.fault = String(reply.status);
    else target.fault = faultOf(check, reply.bytes, original.bytes);
    if (target.fault !== undefined) return;
    target.references[phase] = reply.bytes.toString('base64');
  }
}

async function post(origin, path, body, headers) {
  const answer = await request(`${origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    headersTimeout: PROBE_TIMEOUT_MS,
    bodyTimeout: PROBE_TIMEOUT_MS,
  });
  return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) };
}

function faultOf(check, reply, original) {
  try {
    return check(reply.toString(), original.toString());
  } catch (error) {
    return error.message;
  }
}

/** @param whenMeasuring called after the warm-up; `whenMeasured` is called after the measured time */
export async function measure(
  load,
  target,
  phase,
  { warmUpMs, measureMs },
  { whenMeasuring, whenMeasured } = {},
) {
  const { origin, path, pid, headers, references } = target;
  const { clients, plan } = phaseOf(target, phase);
  const job = {
    origin,
    path,
    clients,
    warmUpMs,
    measureMs,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(target.body(plan)),
    reference: references[phase],
  };
  const cpu = {};
  const result = await load.ask({ job }, (event) => {
    cpu[event] = pid && cpuSeconds(pid);
    (event === 'measuring' ? whenMeasuring : whenMeasured)?.();
  });
  return { ...result, cpuMs: ((cpu.measured - cpu.measuring) * 1000) / result.completed };
}

/**
 * The load: a number of clients, each with one request in flight on its own connection. Runs as a child of the bench,
 * so that it has its own core and its garbage collection delays nothing else. The `direct` rows of a table show its
 * maximum.
 */
import { Client } from 'undici';
import { FIRST_TOKEN } from './reply-plan.mjs';
import { sameBytes } from './reply-checks.mjs';
import { quantile } from './statistics.mjs';

const firstToken = Buffer.from(FIRST_TOKEN);
const PAUSE_AFTER_FAULT_MS = 20;

class Run {
  latencies = [];
  firstTokens = [];
  completed = 0;
  wrong = 0;
  fault;
  isMeasuring = false;
  isOver = false;

  constructor({ path, headers, body, reference }) {
    this.request = { path, method: 'POST', headers, body, headersTimeout: 30_000, bodyTimeout: 30_000 };
    this.reference = Buffer.from(reference, 'base64');
  }

  record(exchange, fault) {
    if (!this.isMeasuring || exchange.startedAt < this.measuredFrom) return;
    if (fault !== undefined) {
      this.wrong++;
      this.fault ??= fault;
      return;
    }
    this.completed++;
    this.latencies.push(performance.now() - exchange.startedAt);
    if (exchange.firstTokenAt !== undefined)
      this.firstTokens.push(exchange.firstTokenAt - exchange.startedAt);
  }
}

/** One client: sends, reads to the end, compares, repeats. An undici dispatch handler, because that is the cheapest. */
class Exchange {
  constructor(client, run) {
    this.client = client;
    this.run = run;
    this.isDone = new Promise((resolve) => (this.finish = resolve));
    this.send();
  }

  send() {
    if (this.run.isOver) return void this.client.close().then(this.finish);
    this.parts = [];
    this.firstTokenAt = undefined;
    this.startedAt = performance.now();
    this.client.dispatch(this.run.request, this);
  }

  onRequestStart() {}

  onResponseStart(_controller, status) {
    this.status = status;
  }

  onResponseData(_controller, bytes) {
    this.parts.push(bytes);
    if (this.firstTokenAt === undefined && this.hasFirstToken(bytes)) this.firstTokenAt = performance.now();
  }

  hasFirstToken(bytes) {
    return (
      bytes.includes(firstToken) || (this.parts.length > 1 && Buffer.concat(this.parts).includes(firstToken))
    );
  }

  onResponseEnd() {
    const body = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts);
    const isRight = this.status === 200 && sameBytes(body, this.run.reference);
    this.run.record(this, isRight ? undefined : this.status === 200 ? 'another reply' : String(this.status));
    this.send();
  }

  onResponseError(_controller, error) {
    this.run.record(this, error.code ?? error.message);
    setTimeout(() => this.send(), PAUSE_AFTER_FAULT_MS);
  }
}

/** @param onEvent called with `measuring` after the warm-up and with `measured` after the measured time */
async function measure(job, onEvent) {
  const run = new Run(job);
  const exchanges = Array.from(
    { length: job.clients },
    () => new Exchange(new Client(job.origin, { pipelining: 1 }), run),
  );
  await new Promise((resolve) => setTimeout(resolve, job.warmUpMs));
  onEvent('measuring');
  run.measuredFrom = performance.now();
  run.isMeasuring = true;
  await new Promise((resolve) => setTimeout(resolve, job.measureMs));
  run.isMeasuring = false;
  const seconds = (performance.now() - run.measuredFrom) / 1000;
  onEvent('measured');
  run.isOver = true;
  await Promise.all(exchanges.map(({ isDone }) => isDone));
  return {
    completed: run.completed,
    wrong: run.wrong,
    fault: run.fault,
    perSecond: run.completed / seconds,
    latencyMs: quantiles(run.latencies),
    firstTokenMs: quantiles(run.firstTokens),
  };
}

const quantiles = (values) => ({ p50: quantile(values, 0.5), p99: quantile(values, 0.99) });

process.on('disconnect', () => process.exit());
process.on('message', async ({ id, job }) => {
  const answer = await measure(job, (event) => process.send({ id, event }));
  process.send({ id, answer });
});
process.send({ isReady: true });

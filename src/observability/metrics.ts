import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { RefusedKeys } from './refused-keys';

const SECONDS_OF_A_REQUEST = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export interface ModelCallMeasurement {
  provider: string;
  model: string;
  outcome: string;
  durationMs: number;
  inputTokens: number;
  outputTokens: number;
}

/**
 * Every metric of the app, named after OpenTelemetry's HTTP and GenAI conventions. Labels come from closed sets, but for
 * the ten keys of `keyturn_refusals_top`.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  private readonly requestDuration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: SECONDS_OF_A_REQUEST,
    registers: [this.registry],
  });

  private readonly modelCallDuration = new Histogram({
    name: 'gen_ai_client_operation_duration_seconds',
    help: 'Time of one request to a provider, to its last byte.',
    labelNames: ['gen_ai_provider_name', 'gen_ai_request_model', 'outcome'],
    buckets: SECONDS_OF_A_REQUEST,
    registers: [this.registry],
  });

  private readonly tokens = new Counter({
    name: 'gen_ai_client_token_usage_total',
    help: 'Tokens booked in the ledger.',
    labelNames: ['gen_ai_provider_name', 'gen_ai_request_model', 'gen_ai_token_type'],
    registers: [this.registry],
  });

  private readonly turns = new Counter({
    name: 'keyturn_turns_total',
    help: 'Agent turns by how they ended.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });

  private readonly turnsRunning = new Gauge({
    name: 'keyturn_turns_running',
    help: 'Agent turns that run on this instance.',
    registers: [this.registry],
  });

  private readonly toolCalls = new Counter({
    name: 'gen_ai_execute_tool_total',
    help: 'Tool calls by tool and outcome.',
    labelNames: ['gen_ai_tool_name', 'outcome'],
    registers: [this.registry],
  });

  private readonly refusals = new Counter({
    name: 'keyturn_refusals_total',
    help: 'Requests refused by a limit.',
    labelNames: ['limit'],
    registers: [this.registry],
  });

  private readonly refusedKeys = new RefusedKeys();

  private readonly insuredDecisions = new Counter({
    name: 'keyturn_limits_insured_total',
    help: 'Decisions of a limit made in this instance’s memory, for the shared Redis was away.',
    labelNames: ['limit'],
    registers: [this.registry],
  });

  private readonly cacheSearches = new Counter({
    name: 'keyturn_response_cache_total',
    help: 'Requests whose answer was looked for in the response cache.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });

  /** Shown where there is a Redis. */
  private readonly redisUp = new Gauge({
    name: 'keyturn_redis_up',
    help: 'Whether the shared Redis answers.',
    registers: [],
  });

  private readonly requestSeries = new SeriesCache<Histogram.Internal<string>>();
  private readonly callSeries = new SeriesCache<{
    duration: Histogram.Internal<string>;
    input: Counter.Internal;
    output: Counter.Internal;
  }>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    const { refusedKeys } = this;
    new Gauge({
      name: 'keyturn_refusals_top',
      help: 'Whom limits refuse most, lately: users by id, addresses by a hash that ends with the process.',
      labelNames: ['limit', 'key'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { limit, key, count } of refusedKeys.top()) this.set({ limit, key }, count);
      },
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  expose(): Promise<string> {
    return this.registry.metrics();
  }

  countRequest(request: { method: string; route: string; status: number; durationMs: number }): void {
    const { method, route, status, durationMs } = request;
    this.requestSeries
      .of(method, route, status, () =>
        this.requestDuration.labels({
          http_request_method: method,
          http_route: route,
          http_response_status_code: status,
        }),
      )
      .observe(durationMs / 1000);
  }

  countModelCall({
    provider,
    model,
    outcome,
    durationMs,
    inputTokens,
    outputTokens,
  }: ModelCallMeasurement): void {
    const labels = { gen_ai_provider_name: provider, gen_ai_request_model: model };
    const series = this.callSeries.of(provider, model, outcome, () => ({
      duration: this.modelCallDuration.labels({ ...labels, outcome }),
      input: this.tokens.labels({ ...labels, gen_ai_token_type: 'input' }),
      output: this.tokens.labels({ ...labels, gen_ai_token_type: 'output' }),
    }));
    series.duration.observe(durationMs / 1000);
    series.input.inc(inputTokens);
    series.output.inc(outputTokens);
  }

  turnStarted(): void {
    this.turnsRunning.inc();
  }

  turnEnded(outcome: string): void {
    this.turnsRunning.dec();
    this.turns.inc({ outcome });
  }

  countToolCall(tool: string, isOk: boolean): void {
    this.toolCalls.inc({ gen_ai_tool_name: tool, outcome: isOk ? 'ok' : 'error' });
  }

  /** @param key the user's id, or an address */
  countRefusal(limit: string, key: string): void {
    this.refusals.inc({ limit });
    this.refusedKeys.count(limit, key);
  }

  countInsured(limit: string): void {
    this.insuredDecisions.inc({ limit });
  }

  countCacheSearch(isFound: boolean): void {
    this.cacheSearches.inc({ outcome: isFound ? 'hit' : 'miss' });
  }

  setRedisUp(isUp: boolean): void {
    if (this.registry.getSingleMetric('keyturn_redis_up') === undefined)
      this.registry.registerMetric(this.redisUp);
    this.redisUp.set(isUp ? 1 : 0);
  }
}

/** Finding a series by its labels costs more than counting in it; labels come from closed sets, so all are kept. */
class SeriesCache<Series> {
  private readonly known = new Map<string, Series>();

  of(first: string, second: string, third: string | number, find: () => Series): Series {
    const key = `${first} ${second} ${third}`;
    let series = this.known.get(key);
    if (series === undefined) this.known.set(key, (series = find()));
    return series;
  }
}

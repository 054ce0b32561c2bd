import type { Dispatcher, Pool } from 'undici';
import type { ProviderName } from '../config/providers';
import { providerPool } from './provider-pool';
import { type ExchangeListener, UpstreamExchange } from './upstream-exchange';

const CONNECT_TIMEOUT_MS = 10_000;
/** Below what servers keep an idle connection for, so that we close it first. */
const IDLE_CONNECTION_MS = 30_000;

export interface ProviderSettings {
  name: ProviderName;
  /** What the ledger calls it: the simulator stands where OpenAI would. */
  ledgerName: string;
  apiKey: string;
  /** With its version path, such as `https://api.openai.com/v1`. */
  baseUrl: string;
  organization?: string;
  project?: string;
  /** The longest wait for the headers of an answer that comes in one piece. */
  timeoutMs: number;
  /** The longest wait for the headers of a stream, and for each next byte of any answer. */
  idleTimeoutMs: number;
}

export interface UpstreamRequest {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below the base URL, with its query. */
  path: string;
  body?: Dispatcher.DispatchOptions['body'];
  headers?: Record<string, string>;
  /** Whether the answer comes in pieces. */
  isStream?: boolean;
  /** Whether the work goes on after the answer, at a cost that is known later. */
  isBackground?: boolean;
}

/** A provider's address, key and connections. */
export class Provider {
  readonly name: ProviderName;
  readonly ledgerName: string;
  readonly baseUrl: string;
  private readonly pool: Pool;
  private readonly basePath: string;
  private readonly headers: Record<string, string>;

  constructor(private readonly settings: ProviderSettings) {
    const { name, ledgerName, apiKey, baseUrl, organization, project, idleTimeoutMs } = settings;
    const { origin, pathname } = new URL(baseUrl);
    this.name = name;
    this.ledgerName = ledgerName;
    this.baseUrl = baseUrl;
    this.basePath = pathname.replace(/\/$/, '');
    this.pool = providerPool(origin, {
      connections: null,
      keepAliveTimeout: IDLE_CONNECTION_MS,
      connect: { timeout: Math.min(CONNECT_TIMEOUT_MS, idleTimeoutMs) },
    });
    this.headers = {
      authorization: `Bearer ${apiKey}`,
      'accept-encoding': 'identity',
      ...(organization === undefined ? {} : { 'openai-organization': organization }),
      ...(project === undefined ? {} : { 'openai-project': project }),
    };
  }

  /** Sends at once; the key is added here and nowhere else. */
  exchange(request: UpstreamRequest, listener: ExchangeListener): UpstreamExchange {
    return new UpstreamExchange(
      this.pool,
      {
        method: request.method,
        path: this.basePath + request.path,
        body: request.body,
        headers: { ...request.headers, ...this.headers },
        headersTimeout: request.isStream ? this.settings.idleTimeoutMs : this.settings.timeoutMs,
        bodyTimeout: this.settings.idleTimeoutMs,
      },
      listener,
    );
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}

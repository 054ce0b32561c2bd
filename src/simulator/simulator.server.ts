import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Endpoints } from './endpoints';
import { readFault, serverError, unauthorized } from './faults';
import { newId } from './model-reply';
import { type SeenRequest, Traffic } from './traffic';
import { notFound, ProviderError, sendError } from './wire';

export interface RunningSimulator {
  /** `http://127.0.0.1:PORT/v1` */
  readonly baseUrl: string;
  /** The last 200 requests, metadata only, newest last. */
  requests(): SeenRequest[];
  stop(): Promise<void>;
}

export interface SimulatorOptions {
  /** 0 picks a free port. */
  readonly port?: number;
  /** Default: the machine's clock. */
  readonly now?: () => Date;
}

/** Longer than clients keep a connection: the client closes it first, so no request in flight is cut. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000;

/** A server on loopback that speaks OpenAI's wire protocol and answers by a few rules. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<RunningSimulator> {
  const { port = 0, now = () => new Date() } = options;
  const traffic = new Traffic();
  const endpoints = new Endpoints();
  const server = createServer((req, res) => {
    void answer({ req, res, now: now() }, endpoints, traffic);
  });
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  await listen(server, port);
  const address = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    requests: () => traffic.all(),
    stop: () => close(server),
  };
}

async function answer(
  { req, res, now }: { req: IncomingMessage; res: ServerResponse; now: Date },
  endpoints: Endpoints,
  traffic: Traffic,
): Promise<void> {
  // A client that leaves during the answer is normal, not an error.
  res.on('error', () => res.destroy());
  res.setHeader('x-request-id', newId('req_'));
  // The rules take no measurable time; clients only check that the header exists.
  res.setHeader('openai-processing-ms', '1');
  try {
    const url = readUrl(req);
    const noteModel = traffic.follow(req, res, url.pathname);
    authenticate(req);
    const header = req.headers['x-simulator-fault'];
    const fault = readFault('', typeof header === 'string' ? header : undefined);
    await endpoints.answer({ req, res, url, now, noteModel, fault });
  } catch (error) {
    if (res.destroyed) return;
    if (res.headersSent) res.destroy();
    else sendError(res, error instanceof ProviderError ? error : serverError());
  }
}

function readUrl({ url = '/' }: IncomingMessage): URL {
  if (!URL.canParse(url, 'http://127.0.0.1')) throw notFound('Unknown request URL.', null, 'unknown_url');
  return new URL(url, 'http://127.0.0.1');
}

/** Any API key is accepted, but one is required. */
function authenticate({ headers }: IncomingMessage): void {
  if (!/^Bearer\s+\S/i.test(headers.authorization ?? '')) {
    throw unauthorized('Give an API key: "Authorization: Bearer …". The simulator takes any.');
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

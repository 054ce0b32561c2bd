import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jsonAnswer } from './upstream/answers';
import { follow, type FollowedRequest, type ReceivedRequest } from './upstream/received-request';
import { playScript, type Script } from './upstream/script';

export * from './upstream/answers';
export * from './upstream/chat-wire';
export * from './upstream/dialects';
export * from './upstream/faults';
export type { ReceivedRequest } from './upstream/received-request';
export * from './upstream/responses-wire';
export { gate, type Script, type Step } from './upstream/script';
export * from './upstream/streams';

/** A path without its query, or a condition on the request. */
export type Matcher = string | ((request: ReceivedRequest) => boolean);

/** A function is called once the body has been received. */
export type ScriptFor = Script | ((request: ReceivedRequest) => Script);

export interface ScriptedUpstream {
  /** `http://127.0.0.1:PORT/v1` */
  readonly baseUrl: string;
  /** Oldest first. */
  readonly requests: readonly ReceivedRequest[];
  /**
   * Scripts the answers to matching requests: the first request gets the first script, and so on; the last script
   * repeats. Later rules take precedence. A request without a rule is answered 501.
   */
  play(where: Matcher, ...scripts: [ScriptFor, ...ScriptFor[]]): void;
  /** The oldest request not yet returned, as soon as its headers have arrived. */
  nextRequest(deadlineMs?: number): Promise<ReceivedRequest>;
  /** Forgets all rules and requests. */
  reset(): void;
  stop(): Promise<void>;
}

interface Rule {
  readonly where: Matcher;
  readonly scripts: readonly ScriptFor[];
  played: number;
}

const NOT_TOLD = jsonAnswer(
  { error: { message: 'No script for this request.', type: 'test', param: null, code: 'no_script' } },
  501,
);

/** Longer than clients keep a connection: the client closes it first, so no request in flight is cut. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000;

/** A provider on loopback that sends exactly the bytes that a test scripts. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  let rules: Rule[] = [];
  let requests: ReceivedRequest[] = [];
  let handedOut = 0;
  const arrivals = new EventEmitter();

  const server = createServer((req, res) => {
    const followed = follow(req, res);
    requests.push(followed.request);
    arrivals.emit('request');
    void answer(followed, nextScript(rules, followed.request));
  });
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  await once(server.listen(0, '127.0.0.1'), 'listening');

  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get requests() {
      return requests;
    },
    play: (where, ...scripts) => void rules.unshift({ where, scripts, played: 0 }),
    nextRequest: async (deadlineMs = 5000) => {
      const signal = AbortSignal.timeout(deadlineMs);
      while (handedOut >= requests.length) {
        await once(arrivals, 'request', { signal }).catch(() => {
          throw new Error('No request came to the upstream in time.');
        });
      }
      return requests[handedOut++]!;
    },
    reset: () => {
      rules = [];
      requests = [];
      handedOut = 0;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function nextScript(rules: readonly Rule[], request: ReceivedRequest): ScriptFor {
  const [path] = request.path.split('?');
  const rule = rules.find(({ where }) => (typeof where === 'string' ? where === path : where(request)));
  return rule === undefined ? NOT_TOLD : rule.scripts[Math.min(rule.played++, rule.scripts.length - 1)]!;
}

async function answer({ request, exchange }: FollowedRequest, script: ScriptFor): Promise<void> {
  if (typeof script !== 'function') return playScript(script, exchange);
  await Promise.race([exchange.readBody(), exchange.over]);
  return playScript(script(request), exchange);
}

import { explainConnection, type Target } from './connection-faults';
import { judgeArrival, timedEvents } from './event-stream';
import { configuration, failed, type Finding, ok, skipped } from './finding';
import { open, readJson } from './probe';
import { explainServerError } from './server-faults';

const SUBJECT = 'streams';
const MOST_TOKENS = 128;
const QUESTION = 'Count from one to twenty, in words.';
/** The simulator answers at once unless it is told to take its time: so much before each of its hundred pieces. */
const SLOWLY = ' [[fault:slow:10]]';

export interface StreamedServer {
  url: string;
  /** Who answers there, as `/health` says. */
  upstream: string;
  /** undefined: asked without, which works where ANONYMOUS_ACCESS=proxy. */
  token: string | undefined;
  /** What the operator has set that names this server. */
  setBy?: string;
}

/** Whether a stream of a running server arrives as it is written, through whatever stands between. Nothing is stored. */
export async function checkStream(server: StreamedServer, timeoutMs: number): Promise<Finding> {
  const target: Target = { host: new URL(server.url).host, setBy: server.setBy };
  const content = server.upstream === 'simulator' ? QUESTION + SLOWLY : QUESTION;
  const sentAtMs = performance.now();
  try {
    const response = await open(
      {
        url: `${server.url}/api/chat/stream`,
        headers: {
          accept: 'text/event-stream',
          ...(server.token === undefined ? {} : { authorization: `Bearer ${server.token}` }),
        },
        body: { messages: [{ role: 'user', content }], max_tokens: MOST_TOKENS },
      },
      AbortSignal.timeout(timeoutMs),
    );
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (!response.ok || !isStream || response.body === null) {
      if (response.status === 401 && server.token === undefined) {
        return skipped(SUBJECT, 'pass a token of the server by --token-file to have them measured');
      }
      return failed(SUBJECT, explainServerError(response.status, await readJson(response)));
    }
    return await judge(response, response.body, sentAtMs);
  } catch (error) {
    return failed(SUBJECT, explainConnection(error, target));
  }
}

async function judge(
  response: Response,
  body: ReadableStream<Uint8Array>,
  sentAtMs: number,
): Promise<Finding> {
  const arrivedAtMs: number[] = [];
  let isDone = false;
  for await (const { data, atMs } of timedEvents(body)) {
    if (data.trim() === '[DONE]') isDone = true;
    const block = parse(data);
    if (block?.error !== undefined) return failed(SUBJECT, explainServerError(200, block));
    if (block?.delta !== undefined) arrivedAtMs.push(atMs);
  }
  if (!isDone) {
    return failed(SUBJECT, {
      matter: 'network',
      text: 'a stream breaks off before its end: let the proxies in between wait longer for the next byte.',
    });
  }
  switch (judgeArrival(sentAtMs, arrivedAtMs)) {
    case 'one by one':
      return ok(SUBJECT, 'arrive piece by piece');
    case 'at once':
      return failed(SUBJECT, configuration(`all of a stream comes at once, at its end: ${cureOf(response)}`));
    default:
      return skipped(SUBJECT, 'the answer was too short to tell whether they are held up');
  }
}

function cureOf({ headers }: Response): string {
  return headers.has('content-encoding')
    ? 'stop the proxy before the server from compressing text/event-stream.'
    : 'turn response buffering off in the proxy before the server (nginx: proxy_buffering off).';
}

interface Block {
  delta?: unknown;
  error?: unknown;
}

function parse(data: string): Block | undefined {
  try {
    return JSON.parse(data) as Block;
  } catch {
    return undefined;
  }
}

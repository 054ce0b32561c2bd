import { createTestApp, type TestApp, type TestAppOptions } from './app';
import { signUp, until } from './clients';
import { expectDocumented } from './documented-answers';
import { withClient } from './postgres';
import { type Ask, post } from './requests';
import {
  chat,
  type Dialect,
  responses,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './scripted-upstream';

export const OPENAI_KEY = 'sk-test-key-that-must-never-be-seen';
export const GEMINI_KEY = 'gemini-test-key-that-must-never-be-seen';

export const MESSAGES = [{ role: 'user', content: 'hi' }];

/** A door that forwards the client's own request. */
export interface StatelessDoor {
  readonly name: string;
  readonly path: string;
  /** The API of its provider. */
  readonly dialect: Dialect;
  readonly isStream: boolean;
  /** Whether the provider's bytes are passed on unchanged. */
  readonly isRelay: boolean;
  /** How the ledger records its calls. */
  readonly booked: { door: 'chat' | 'provider'; provider: 'openai' | 'gemini' };
}

const OPENAI_CHAT = { dialect: chat, isRelay: false, booked: { door: 'chat', provider: 'openai' } } as const;
const RELAY = { isStream: true, isRelay: true } as const;

export const JSON_DOOR: StatelessDoor = {
  ...OPENAI_CHAT,
  name: 'a completion',
  path: '/api/chat',
  isStream: false,
};
export const STREAM_DOOR: StatelessDoor = {
  ...OPENAI_CHAT,
  name: 'a completion’s stream',
  path: '/api/chat/stream',
  isStream: true,
};
export const OPENAI_DOOR: StatelessDoor = {
  ...RELAY,
  name: 'OpenAI’s own stream',
  path: '/api/chat-openai',
  dialect: responses,
  booked: { door: 'provider', provider: 'openai' },
};
export const GEMINI_DOOR: StatelessDoor = {
  ...RELAY,
  name: 'Gemini’s own stream',
  path: '/api/chat-gemini',
  dialect: chat,
  booked: { door: 'provider', provider: 'gemini' },
};

export const DOORS = [JSON_DOOR, STREAM_DOOR, OPENAI_DOOR, GEMINI_DOOR] as const;
export const STREAMS = DOORS.filter(({ isStream }) => isStream);
export const RELAYS = DOORS.filter(({ isRelay }) => isRelay);

/** A valid request to a door. */
export const asking = ({ path }: StatelessDoor, over: object = {}): Ask =>
  post(path, { messages: MESSAGES, ...over });

/** A request to a provider as recorded in the ledger. */
export interface BookedCall {
  id: string;
  user_id: string | null;
  attempt: number;
  door: string;
  provider: string;
  model: string;
  outcome: string;
  is_estimated: boolean;
  input: number;
  cached: number;
  output: number;
  reasoning: number;
  cost: number | null;
}

/** The app, a user, and a scripted provider behind every door. */
export class StatelessSetting {
  private constructor(
    readonly app: TestApp,
    readonly upstream: ScriptedUpstream,
    readonly token: string,
    readonly userId: string,
  ) {}

  static async start(
    environment: Record<string, string> = {},
    options?: TestAppOptions,
  ): Promise<StatelessSetting> {
    const upstream = await startScriptedUpstream();
    const app = await createTestApp(
      {
        OPENAI_API_KEY: OPENAI_KEY,
        OPENAI_BASE_URL: upstream.baseUrl,
        GEMINI_API_KEY: GEMINI_KEY,
        GEMINI_BASE_URL: upstream.baseUrl,
        RATE_LIMIT_PER_MINUTE: '0',
        MAX_STREAMS_PER_USER: '0',
        ...environment,
      },
      options,
    );
    const { token, user } = await signUp(app.url);
    return new StatelessSetting(app, upstream, token, user.id);
  }

  get url(): string {
    return this.app.url;
  }

  /** All calls, oldest first, once each is settled. */
  async booked(): Promise<BookedCall[]> {
    await until(async () => (await this.open()) === 0);
    return this.app.database.query<BookedCall>(`
      SELECT id, calls.user_id, attempt, calls.door, calls.provider, ledger.model, outcome, is_estimated,
             input_tokens::int AS input, cached_tokens::int AS cached, output_tokens::int AS output,
             reasoning_tokens::int AS reasoning, cost_micro_usd::int AS cost
      FROM upstream_calls AS calls LEFT JOIN usage_ledger AS ledger ON call_id = id
      ORDER BY calls.created_at, attempt`);
  }

  /** The number of calls not settled. */
  async open(): Promise<number> {
    const [row] = await this.app.database.query<{ count: number }>(
      'SELECT count(*)::int FROM upstream_calls WHERE settled_at IS NULL',
    );
    return row!.count;
  }

  /**
   * Keeps calls from being written while `work` runs.
   * @param work is given a function that waits until a write is on its way to the database
   */
  async withLockedCalls(work: (untilWaiting: () => Promise<unknown>) => Promise<void>): Promise<void> {
    const { database } = this.app;
    const isWaiting = async (): Promise<boolean> => {
      const waiting = await database.query(
        `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'upstream_calls'::regclass`,
      );
      return waiting.length > 0;
    };
    await withClient(database.url, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE upstream_calls IN EXCLUSIVE MODE');
      await work(() => until(isWaiting));
      await client.query('COMMIT');
    });
  }

  /** Forgets the provider's scripts and requests, and all booked calls. */
  async forget(): Promise<void> {
    this.upstream.reset();
    // Not TRUNCATE: its locks could block a settlement in progress, and the reverse.
    await until(async () => (await this.open()) === 0);
    await this.app.database.query('DELETE FROM usage_ledger; DELETE FROM upstream_calls');
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await this.upstream.stop();
  }
}

/** An answer's exact bytes, for comparison byte by byte. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  bytes: Buffer;
  /** Whether the connection was cut before the end. */
  isCut: boolean;
}

export async function askRaw(
  url: string,
  { method, path, body, headers }: Ask,
  token?: string,
): Promise<RawAnswer> {
  const isAsItIs = typeof body === 'string' || Buffer.isBuffer(body);
  const response = await fetch(url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: Buffer.from(isAsItIs ? (body as string) : JSON.stringify(body)),
  });
  const chunks: Uint8Array[] = [];
  let isCut = false;
  try {
    for await (const chunk of response.body!) chunks.push(chunk as Uint8Array);
  } catch {
    isCut = true;
  }
  const { status, headers: received } = response;
  const bytes = Buffer.concat(chunks);
  const text = isCut ? undefined : bytes.toString('utf8');
  await expectDocumented({ method, url: url + path, status, headers: received, text });
  return { status, headers: received, bytes, isCut };
}

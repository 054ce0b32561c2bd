import { api, type Api, signUp, until } from './clients';
import type { TestDatabase } from './postgres';
import { TestRedis } from './redis';
import {
  chat,
  type ReceivedRequest,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './scripted-upstream';
import { createEmptyDatabase } from './postgres';
import { InstancesCommand } from './three-instances';

export interface InstancesUser extends Api {
  readonly id: string;
  readonly token: string;
}

/** Three processes behind nginx, with the database, Redis and scripted provider that they use. */
export class InstancesSetting {
  private constructor(
    readonly upstream: ScriptedUpstream,
    readonly redis: TestRedis,
    readonly database: TestDatabase,
    readonly command: InstancesCommand,
    /** The address of nginx. */
    readonly url: string,
  ) {}

  static async start(environment: Record<string, string>): Promise<InstancesSetting> {
    const upstream = await startScriptedUpstream();
    const redis = await TestRedis.start();
    const database = await createEmptyDatabase();
    const command = new InstancesCommand({
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      OPENAI_API_KEY: 'sk-test-key-that-must-never-be-seen',
      OPENAI_BASE_URL: upstream.baseUrl,
      AUTH_ATTEMPTS_PER_MINUTE: '0',
      ...environment,
    });
    const parts = [upstream, redis, database, command] as const;
    try {
      const url = await command.url();
      // The first user becomes an admin, to whom not all limits apply.
      await signUp(url);
      return new InstancesSetting(...parts, url);
    } catch (error) {
      await new InstancesSetting(...parts, '').stop();
      throw error;
    }
  }

  /** The address of each instance, without nginx. */
  get instances(): string[] {
    return this.command.instanceUrls;
  }

  /** The completions requested from the provider since the last reset. */
  get calls(): ReceivedRequest[] {
    return this.upstream.requests.filter(({ path }) => path === chat.path);
  }

  /** @param over isExempt: exempt from rate limits, as admins are */
  async user(over: { tokensADay?: number; isExempt?: boolean } = {}): Promise<InstancesUser> {
    const { token, user } = await signUp(this.url);
    if (over.isExempt) await this.database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [user.id]);
    if (over.tokensADay !== undefined) {
      await this.database.query(`INSERT INTO quota_limits VALUES ($1, 'tokens_a_day', $2)`, [
        user.id,
        over.tokensADay,
      ]);
    }
    return { ...api(this.url, token), id: user.id, token };
  }

  /** The sum, for each instance, of a metric's series whose labels contain a text. */
  metric(name: string, label = ''): Promise<number[]> {
    return Promise.all(
      this.instances.map(async (instance) => {
        const lines = (await (await fetch(`${instance}/metrics`)).text()).split('\n');
        const series = lines.filter((line) => new RegExp(`^${name}[{ ]`).test(line) && line.includes(label));
        return series.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
      }),
    );
  }

  /** The tokens a user has used today, once none of the user's calls is open. */
  async settledTokens(
    userId: string,
    deadlineMs?: number,
  ): Promise<{ used: number; reserved: number } | undefined> {
    const open = 'SELECT FROM upstream_calls WHERE user_id = $1 AND settled_at IS NULL';
    await until(async () => (await this.database.query(open, [userId])).length === 0, deadlineMs);
    const [window] = await this.database.query<{ used: number; reserved: number }>(
      `SELECT used::int, reserved::int FROM quota_windows WHERE subject = $1 AND kind = 'tokens_a_day'`,
      [userId],
    );
    return window;
  }

  async stop(): Promise<void> {
    await this.command.remove();
    await this.database.drop();
    await this.redis.stop();
    await this.upstream.stop();
  }
}

/** Clients that send requests without a pause. */
export class SteadyLoad {
  answered = 0;
  private isOver = false;
  private readonly work: Promise<unknown>;

  /** @param ask sends one request, given the client's index and the request's index */
  constructor(clients: number, ask: (client: number, number: number) => Promise<void>) {
    const work = async (client: number): Promise<void> => {
      for (let number = 0; !this.isOver; number++) {
        await ask(client, number);
        this.answered++;
      }
    };
    this.work = Promise.all(Array.from({ length: clients }, (_, client) => work(client)));
    // A failure is reported where this promise is awaited.
    this.work.catch(() => undefined);
  }

  /** Waits for this many more answers. */
  async goesOn(count: number): Promise<void> {
    const end = this.answered + count;
    await until(() => this.answered >= end);
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.work;
  }
}

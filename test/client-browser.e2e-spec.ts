import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createTestApp, type TestApp } from './support/app';
import { launchBrowser, PageServer } from './support/browser';
import { ClientPackage } from './support/client-package';
import { signUp, until } from './support/clients';

jest.setTimeout(60_000);

const PASSWORD = 'a long enough passphrase';

describe('The TypeScript client in a browser', () => {
  const client = new ClientPackage();
  const fileOf = (path: string): string => {
    if (path.startsWith('/client/')) return client.built(join('esm', path.slice('/client/'.length)));
    return join(client.folder, path === '/' ? 'page.html' : path);
  };
  /** Its origin is in `CORS_ORIGINS`. */
  const trusted = new PageServer(fileOf);
  const foreign = new PageServer(fileOf);
  /** Serves the API under its own origin. */
  const front = new PageServer(fileOf);
  let app: TestApp;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await Promise.all([client.build(), trusted.start(), foreign.start(), front.start()]);
    app = await createTestApp({
      RATE_LIMIT_PER_MINUTE: '0',
      AUTH_ATTEMPTS_PER_MINUTE: '0',
      CORS_ORIGINS: trusted.origin,
    });
    await signUp(app.url);
    front.apiUrl = app.url;
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    page = await browser.newPage();
  });
  afterEach(() => page.close());
  afterAll(async () => {
    await browser.close();
    await Promise.all([trusted.stop(), foreign.stop(), front.stop()]);
    client.remove();
    await app.stop();
  });

  /**
   * Runs a scenario on the page.
   * @returns what the scenario reports
   */
  async function run<Told = Record<string, unknown>>(
    { origin }: PageServer,
    scenario: string,
    options: object,
  ): Promise<Told> {
    await page.goto(origin);
    return page.evaluate(`run(${JSON.stringify(scenario)}, ${JSON.stringify(options)})`);
  }

  it('signs up, in and out from another origin', async () => {
    const credentials = { email: 'page@example.com', password: PASSWORD };

    expect(await run(trusted, 'account', { url: app.url, credentials })).toMatchObject({
      hasNewRefreshToken: true,
      refusedAfter: 'unauthorized',
    });
  });

  it('talks to the agent, and has its tasks done', async () => {
    const { token } = await signUp(app.url);

    expect(await run(trusted, 'conversation', { url: app.url, token })).toMatchObject({
      changes: ['created', 'completed'],
      kinds: ['accepted', 'tool_call', 'tool_result', 'delta', 'done'],
      isWhole: true,
    });
  });

  it('streams a completion', async () => {
    const { token } = await signUp(app.url);
    const told = await run<{ content: string; deltas: string[] }>(trusted, 'completion', {
      url: app.url,
      token,
    });

    expect(told.deltas.length).toBeGreaterThan(1);
    expect(told.deltas.join('')).toBe(told.content);
  });

  it.each([
    ['an abort', 'abortedStream', { isReason: true, deltas: 1 }],
    ['leaving the loop', 'leftStream', { isLeft: true }],
  ])('stops the model by %s', async (_, scenario, told) => {
    const { token } = await signUp(app.url);
    const before = app.simulator.requests().length;

    expect(await run(trusted, scenario, { url: app.url, token })).toEqual(told);

    await until(() => {
      const states = app.simulator
        .requests()
        .slice(before)
        .map(({ state }) => state);
      return states.length === 1 && states[0] === 'aborted';
    });
  });

  it('stops the model when the page is closed', async () => {
    const { token } = await signUp(app.url);
    const before = app.simulator.requests().length;
    const options = { url: app.url, token, call: 'chatStream', content: '[[fault:stall]] hello' };
    const running = run(trusted, 'failure', options).catch(() => 'closed');
    await until(() => app.simulator.requests()[before]?.state === 'open');
    await page.close();

    expect(await running).toBe('closed');
    await until(() => app.simulator.requests()[before]?.state === 'aborted');
  });

  it.each([
    ['another origin that the server trusts', trusted, true],
    ['the origin that serves the API', front, false],
  ])('needs no token beside the cookie on %s', async (_, server, isAcross) => {
    const email = `${isAcross ? 'across' : 'same'}@example.com`;
    const options = {
      account: { email, password: PASSWORD },
      ...(isAcross ? { url: app.url, credentials: 'include' } : {}),
    };
    const told = await run(server, 'cookie', options);

    expect(told).toEqual({
      isMe: true,
      content: expect.stringMatching(/Hello/),
      streamed: told.content,
      refusedAfter: 'unauthorized',
    });
  });

  it('is told nothing from an origin that the server does not know', async () => {
    const { token } = await signUp(app.url);
    const told = await run(foreign, 'failure', { url: app.url, token, call: 'chatOnce', content: 'Hello' });

    expect(told).toMatchObject({ isConnectionError: true, hasCause: true });
  });
});

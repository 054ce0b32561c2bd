import { api, until } from './support/clients';
import { freePort } from './support/free-port';
import { type RunningNginx, startNginx } from './support/nginx';
import {
  gate,
  jsonAnswer,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scripted-upstream';

/** How nginx treats several instances when one is in trouble. The instances are scripted. */
describe('nginx before several instances', () => {
  let apps: ScriptedUpstream[];
  let nginx: RunningNginx;
  const asked = (): number => apps.reduce((sum, { requests }) => sum + requests.length, 0);

  beforeEach(async () => {
    apps = [await startScriptedUpstream(), await startScriptedUpstream(), await startScriptedUpstream()];
    nginx = await startNginx(apps.map(({ baseUrl }) => baseUrl));
  });
  afterEach(async () => {
    await nginx.stop();
    for (const app of apps) await app.stop();
  });

  it('asks one after the other', async () => {
    for (const app of apps) app.play(() => true, jsonAnswer({}));
    for (let sent = 0; sent < 9; sent++) await api(nginx.url).get('/api/tasks');
    expect(apps.map(({ requests }) => requests.length)).toEqual([3, 3, 3]);
  });

  const dying: Script = [{ cut: true }];
  it.each<[string, string, [Script, ...Script[]]]>([
    ['POST', 'new', [dying]],
    ['POST', 'kept', [jsonAnswer({}), dying]],
    ['PATCH', 'new', [dying]],
    ['PATCH', 'kept', [jsonAnswer({}), dying]],
  ])(
    'sends no %s a second time that an instance died of, over a %s connection',
    async (method, _, scripts) => {
      apps[0]!.play(() => true, ...scripts);
      for (const app of apps.slice(1)) app.play(() => true, jsonAnswer({}));
      const refused = [];
      for (let sent = 0; sent < 6; sent++) {
        const response = await fetch(`${nginx.url}/api/chat`, { method, body: '{}' });
        const { code } = (await response.json()) as { code?: string };
        if (response.status !== 200) refused.push([response.status, code]);
      }
      expect(refused).toEqual([[503, 'shutting_down']]);
      expect(asked()).toBe(6);
    },
  );

  it('asks another for what may be asked twice', async () => {
    apps[0]!.play(() => true, [{ cut: true }]);
    for (const app of apps.slice(1)) app.play(() => true, jsonAnswer({}));
    for (let sent = 0; sent < 6; sent++) {
      expect((await api(nginx.url).get('/api/tasks')).status).toBe(200);
    }
    expect(asked()).toBe(7);
  });

  it('asks another where one is not there', async () => {
    const halved = await startNginx([`http://127.0.0.1:${await freePort()}`, apps[0]!.baseUrl]);
    try {
      apps[0]!.play(() => true, jsonAnswer({}));
      const answers = await Promise.all([1, 2, 3, 4].map(() => api(halved.url).post('/api/chat', {})));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(asked()).toBe(4);
    } finally {
      await halved.stop();
    }
  });

  it('gives one that refuses no more than its share, and passes the refusal on', async () => {
    const { opened, open } = gate();
    apps[0]!.play(() => true, jsonAnswer({ code: 'shutting_down' }, 503));
    for (const app of apps.slice(1)) app.play(() => true, [{ wait: opened }, ...jsonAnswer({})]);
    const answers = [];
    for (let sent = 1; sent <= 12; sent++) {
      answers.push(api(nginx.url).post('/api/chat', {}));
      await until(() => asked() === sent);
    }
    open();
    const refused = (await Promise.all(answers)).filter(({ status }) => status !== 200);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
      Array(4).fill([503, 'shutting_down']),
    );
    expect(apps.map(({ requests }) => requests.length)).toEqual([4, 4, 4]);
  });
});

import { once } from 'node:events';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { json } from 'node:stream/consumers';
import { createTestApp, type TestApp } from './support/app';
import { type Certificate, makeCertificate } from './support/certificate';
import { signUp } from './support/clients';
import { type RunningNginx, startNginx } from './support/nginx';

/** Tests the lines of the configuration that need a certificate, and how the app behaves behind https. */
describe('The app behind nginx and https', () => {
  let app: TestApp;
  let certificate: Certificate;
  let nginx: RunningNginx;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    app = await createTestApp({ TRUST_PROXY: '1' });
    certificate = makeCertificate();
    nginx = await startNginx(app.url, { certificate });
    session = connect(nginx.url, { ca: certificate.pem });
  });
  afterAll(async () => {
    session.destroy();
    await nginx.stop();
    certificate.remove();
    await app.stop();
  });

  async function ask(method: string, path: string, headers: Record<string, string>, body?: object) {
    const stream = session.request({
      ':method': method,
      ':path': path,
      'content-type': 'application/json',
      ...headers,
    });
    stream.end(body === undefined ? undefined : JSON.stringify(body));
    const [answered] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }];
    return {
      status: answered[':status'],
      headers: answered,
      body: (await json(stream)) as { code?: string },
    };
  }

  it('signs in by a cookie for https alone, which pages of the same origin may use', async () => {
    const password = 'a long enough passphrase';
    const { user } = await signUp(app.url, { password });
    const { headers } = await ask('POST', '/api/auth/signin', {}, { email: user.email, password });
    const cookies = headers['set-cookie'] ?? [];
    const cookie = cookies.find((each) => each.startsWith('keyturn_session='))!.split(';')[0]!;
    const askFrom = (origin: string) => ask('GET', '/api/auth/me', { cookie, origin });

    expect(cookies.filter((each) => !/; Secure/.test(each))).toEqual([]);
    expect((await askFrom(nginx.url)).status).toBe(200);
    expect((await askFrom('https://evil.example')).body.code).toBe('origin_not_allowed');
  });

  it('tells browsers to stay with https', async () => {
    const { headers } = await ask('GET', '/health', {});
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d{8,}$/);
  });
});

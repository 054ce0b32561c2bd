import type { Matter } from './finding';
import { explainServerError } from './server-faults';

describe('explainServerError', () => {
  it.each<[number, unknown, Matter, RegExp]>([
    [401, { code: 'unauthorized' }, 'configuration', /--token-file/],
    [503, { code: 'insufficient_quota' }, 'account', /out of money/],
    [500, { code: 'upstream_not_configured' }, 'configuration', /OPENAI_API_KEY/],
    [502, { code: 'upstream_auth_failed' }, 'configuration', /does not accept its key/],
    [503, { code: 'upstream_unavailable' }, 'network', /cannot reach the provider/],
    [504, { code: 'upstream_timeout' }, 'provider', /status page/],
    [503, { code: 'shutting_down' }, 'configuration', /stopping/],
    [500, { code: 'internal' }, 'code', /refuses a plain stream \(500\)/],
    [400, { code: 'constructor' }, 'code', /\(400\)/],
    [502, undefined, 'configuration', /no Keyturn \(502\): correct --url/],
    [200, { hello: 'secret' }, 'configuration', /no Keyturn/],
    [200, null, 'configuration', /no Keyturn/],
  ])('%i %j', (status, body, matter, text) => {
    const diagnosis = explainServerError(status, body);
    expect(diagnosis).toEqual({ matter, text: expect.stringMatching(text) });
    expect(diagnosis.text).not.toMatch(/secret|\n/);
  });
});

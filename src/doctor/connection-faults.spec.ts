import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { explainConnection } from './connection-faults';
import type { Matter } from './finding';
import { probe } from './probe';

const fault = (code: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('secret'), { code }) });

const OWN = { host: 'api.openai.com' };
const SET = { host: 'llm:81', setBy: 'OPENAI_BASE_URL' };

describe('explainConnection', () => {
  it.each<[string, object, Matter, RegExp]>([
    ['ENOTFOUND', OWN, 'network', /DNS/],
    ['EAI_AGAIN', OWN, 'network', /DNS/],
    ['ENOTFOUND', SET, 'configuration', /name llm:81 is not known: correct OPENAI_BASE_URL/],
    ['ECONNREFUSED', OWN, 'network', /firewall or proxy/],
    ['ECONNREFUSED', SET, 'configuration', /nothing listens at llm:81: start it, or correct OPENAI_BASE_URL/],
    ['UND_ERR_CONNECT_TIMEOUT', OWN, 'network', /does not answer in time/],
    ['EHOSTUNREACH', SET, 'network', /or correct OPENAI_BASE_URL/],
    ['SELF_SIGNED_CERT_IN_CHAIN', OWN, 'network', /NODE_EXTRA_CA_CERTS/],
    ['CERT_HAS_EXPIRED', SET, 'configuration', /clock/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', SET, 'configuration', /http:\/\//],
    ['ECONNRESET', OWN, 'network', /breaks off \(ECONNRESET\)/],
  ])('%s at %j', (code, target, matter, text) => {
    const diagnosis = explainConnection(fault(code), target as typeof SET);
    expect(diagnosis).toEqual({ matter, text: expect.stringMatching(text) });
    expect(diagnosis.text).not.toMatch(/secret|undefined|\n/);
  });

  it.each([new Error('secret'), 'secret', undefined])(
    'tells of %p no more than that it broke off',
    (error) => {
      expect(explainConnection(error, OWN).text).toMatch(
        /^the connection to api\.openai\.com breaks off \(no code\)/,
      );
    },
  );

  describe('of a real server', () => {
    let server: Server;
    let url: string;

    beforeEach(async () => {
      server = createServer((req, res) => {
        if (req.url === '/cut') res.destroy();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => stop());

    const stop = async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    };
    const told = async (path: string, timeoutMs: number) =>
      explainConnection(await probe({ url: url + path }, timeoutMs).catch((error: unknown) => error), SET)
        .text;

    it('knows one that is silent', async () => {
      expect(await told('/hang', 50)).toMatch('does not answer in time');
    });

    it('knows one that breaks off', async () => {
      expect(await told('/cut', 5000)).toMatch('breaks off (UND_ERR_SOCKET)');
    });

    it('knows one that is not there', async () => {
      await stop();
      expect(await told('/', 5000)).toMatch('nothing listens at');
    });
  });
});

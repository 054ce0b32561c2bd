import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VARIABLES } from '../src/config/environment';
import { readSettings } from '../src/config/settings';

const UNIT = readFileSync(join(__dirname, '..', 'deploy', 'systemd', 'keyturn.service'), 'utf8');

const valuesOf = (name: string): string[] =>
  [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value!);
const namedBy = (name: string, separator: string): Map<string, string> =>
  new Map(valuesOf(name).map((value) => value.split(separator, 2) as [string, string]));

/** Checks that the unit in deploy/ and the server use the same names. */
describe('The systemd unit', () => {
  const environment = namedBy('Environment', '=');
  const files = [...environment.keys()].filter((name) => name.endsWith('_FILE'));

  it('sets what the server reads, for one proxy in front', () => {
    const own = Object.fromEntries([...environment].filter(([name]) => !files.includes(name)));
    expect(Object.keys(VARIABLES)).toEqual(expect.arrayContaining(Object.keys(own)));
    expect(readSettings(own, '/nowhere')).toMatchObject({
      host: '127.0.0.1',
      dataDirectory: `/var/lib/${valuesOf('StateDirectory')[0]}`,
      trustedProxyHops: 1,
    });
  });

  it('takes every secret as a credential, which may be absent', () => {
    const secrets = Object.keys(VARIABLES).filter((name) =>
      /(_KEY|_SECRET|_TOKEN|^(DATABASE|REDIS)_URL)$/.test(name),
    );
    expect(files.sort()).toEqual(secrets.map((name) => `${name}_FILE`).sort());
    for (const secret of secrets) {
      const credential = secret.toLowerCase().replaceAll('_', '-');
      expect(environment.get(`${secret}_FILE`)).toBe(`%d/${credential}`);
      expect(namedBy('LoadCredential', ':').get(credential)).toBe(`/etc/keyturn/${credential}`);
      expect(namedBy('SetCredential', ':').get(credential)).toBe('\\n');
    }
  });

  it('waits for running turns and the database before it kills', () => {
    const longestStopMs = VARIABLES.SHUTDOWN_GRACE.fallback + 5000;
    expect(Number(valuesOf('TimeoutStopSec')[0]) * 1000).toBeGreaterThan(longestStopMs);
    expect(valuesOf('KillMode')).toEqual(['mixed']);
  });

  describe('to systemd', () => {
    let folder: string;
    let path: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'keyturn-unit-'));
      path = join(folder, 'keyturn.service');
      writeFileSync(path, UNIT.replace('/usr/bin/node', process.execPath));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    const itHere = process.platform === 'linux' ? it : it.skip;

    itHere('has no line that it does not know', () => {
      const { stderr, status } = analyze('verify', '--man=no', path);
      expect([stderr.match(/.*keyturn\.service:.*/g), status]).toEqual([null, 0]);
    });

    itHere('is exposed to little: at most 1.2 of 10', () => {
      const { stdout, status } = analyze('security', '--no-pager', '--offline=true', '--threshold=12', path);
      expect([stdout.split('\n').at(-2), status]).toEqual([expect.stringContaining('OK'), 0]);
    });
  });
});

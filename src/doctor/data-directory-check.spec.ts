import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDataDirectory } from './data-directory-check';

const server = {
  url: 'http://127.0.0.1:3000',
  health: { status: 'healthy', database: 'connected', upstream: 'simulator' },
};

describe('checkDataDirectory', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyturn-doctor-'));
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'file'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['that is there', 'data', 'ok', 'no server runs on it'],
    ['that is yet to be made', 'new/deep', 'ok', 'made by the first start'],
    ['that is a file', 'file', 'failed', 'is no folder: set DATA_DIR'],
    ['below a file', 'file/data', 'failed', 'cannot be made: set DATA_DIR'],
  ])('tells of a folder %s', (_, path, state, text) => {
    const before = readdirSync(folder);
    const finding = checkDataDirectory(join(folder, path), undefined);
    expect(finding).toMatchObject({ state, text: expect.stringContaining(text) });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('names the server that runs on it', () => {
    expect(checkDataDirectory(join(folder, 'data'), server).text).toContain(
      'in use by http://127.0.0.1:3000',
    );
  });

  // Not even root may write there; other systems have no such folder.
  (process.platform === 'linux' ? it : it.skip)('names a folder that cannot be written', () => {
    expect(checkDataDirectory('/proc/self', undefined)).toMatchObject({
      state: 'failed',
      matter: 'configuration',
    });
  });
});

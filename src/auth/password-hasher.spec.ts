import { AppError } from '../common/app-error';
import { PasswordHasher } from './password-hasher';

describe('PasswordHasher', () => {
  it('makes argon2id hashes of the agreed cost, which only their password opens', async () => {
    const hasher = new PasswordHasher();
    const hash = await hasher.hash('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await expect(hasher.verify(hash, 'correct horse')).resolves.toBe(true);
    await expect(hasher.verify(hash, 'correct horsf')).resolves.toBe(false);
  });

  it('has a decoy of the same cost that no password opens', async () => {
    const hasher = new PasswordHasher();
    const [, ...parts] = (await hasher.hash('x')).split('$');
    const [, ...decoyParts] = hasher.decoy.split('$');
    expect(decoyParts.slice(0, 3)).toEqual(parts.slice(0, 3));
    expect(decoyParts.map((part) => part.length)).toEqual(parts.map((part) => part.length));
    await expect(hasher.verify(hasher.decoy, '')).resolves.toBe(false);
  });

  it('runs 2 and lets 32 wait; who comes then is turned away, and has a place again afterwards', async () => {
    const hasher = new PasswordHasher();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, () => hasher.verify(hasher.decoy, 'x')),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(6);
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(AppError);
      expect(reason).toMatchObject({ code: 'rate_limited', status: 429, retryAfterSeconds: 2 });
    }
    await expect(Promise.all([1, 2, 3].map(() => hasher.verify(hasher.decoy, 'x')))).resolves.toHaveLength(3);
  });

  it('gives the place on when a hash fails', async () => {
    const hasher = new PasswordHasher();
    for (let i = 0; i < 3; i++) await expect(hasher.verify('no hash', 'x')).rejects.toThrow();
    await expect(hasher.verify(hasher.decoy, 'x')).resolves.toBe(false);
  });
});

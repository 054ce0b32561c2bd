import {
  hashRefreshToken,
  judgeRefreshToken,
  mintRefreshToken,
  type RefreshTokenState,
  type RefreshVerdict,
  SuccessorDerivation,
} from './refresh-token';

const SHAPE = /^ktr_[A-Za-z0-9_-]{43}$/;

describe('refresh tokens', () => {
  it('are 32 random bytes with a prefix', () => {
    const tokens = new Set(Array.from({ length: 100 }, mintRefreshToken));
    expect(tokens.size).toBe(100);
    for (const token of tokens) expect(token).toMatch(SHAPE);
  });

  it('have a successor of the same shape, the same on every instance with the same secret', () => {
    const token = mintRefreshToken();
    const successor = new SuccessorDerivation('secret').successorOf(token);
    expect(successor).toMatch(SHAPE);
    expect(new SuccessorDerivation('secret').successorOf(token)).toBe(successor);
    expect(new SuccessorDerivation('another').successorOf(token)).not.toBe(successor);
    expect(new SuccessorDerivation('secret').successorOf(mintRefreshToken())).not.toBe(successor);
  });

  it('do not show their successor: it is neither their hash nor made without the secret', () => {
    const token = mintRefreshToken();
    const successor = new SuccessorDerivation('secret').successorOf(token);
    expect(successor).not.toContain(hashRefreshToken(token).toString('base64url'));
  });

  const fresh: RefreshTokenState = {
    isRevoked: false,
    isExpired: false,
    isUsed: false,
    isInGrace: false,
    hasFreshSuccessor: false,
  };
  const used = { ...fresh, isUsed: true };

  it.each<[string, RefreshTokenState, RefreshVerdict]>([
    ['a fresh one is replaced', fresh, 'rotate'],
    [
      'a used one in the grace gives the same again',
      { ...used, isInGrace: true, hasFreshSuccessor: true },
      'repeat',
    ],
    [
      'one whose successor was used is a replay, even in the grace',
      { ...used, isInGrace: true },
      'end_family',
    ],
    ['a used one after the grace is a replay', { ...used, hasFreshSuccessor: true }, 'end_family'],
    ['an expired one is refused', { ...fresh, isExpired: true }, 'refuse'],
    ['an expired one that was used says nothing of theft', { ...used, isExpired: true }, 'refuse'],
    ['a revoked one is refused', { ...fresh, isRevoked: true }, 'refuse'],
    [
      'a revoked one has no grace',
      { ...used, isInGrace: true, hasFreshSuccessor: true, isRevoked: true },
      'refuse',
    ],
  ])('%s', (_, state, verdict) => {
    expect(judgeRefreshToken(state)).toBe(verdict);
  });
});

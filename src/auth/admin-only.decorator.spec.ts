import type { ExecutionContext } from '@nestjs/common';
import { AdminGuard } from './admin-only.decorator';
import type { Principal } from './principal';

const admit = (user?: Pick<Principal, 'kind' | 'role'>): boolean =>
  new AdminGuard().canActivate({
    switchToHttp: () => ({ getRequest: () => ({ user }) }),
  } as unknown as ExecutionContext);

describe('AdminGuard', () => {
  it('lets in an admin who has signed in', () => {
    expect(admit({ kind: 'session', role: 'admin' })).toBe(true);
  });

  it.each<[string, Pick<Principal, 'kind' | 'role'> | undefined]>([
    ['a user', { kind: 'session', role: 'user' }],
    ['an admin’s key', { kind: 'key', role: 'admin' }],
    ['a user’s key', { kind: 'key', role: 'user' }],
    ['one from elsewhere', { kind: 'external', role: 'user' }],
    ['nobody', undefined],
  ])('keeps out %s', (_, user) => {
    expect(() => admit(user)).toThrow(expect.objectContaining({ code: 'forbidden', status: 403 }));
  });
});

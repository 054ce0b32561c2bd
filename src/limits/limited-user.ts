/** What the limits need to know of a caller. */
export interface LimitedUser {
  readonly id: string;
  readonly role: 'user' | 'admin';
}

export const isExempt = (user: LimitedUser): boolean => user.role === 'admin';

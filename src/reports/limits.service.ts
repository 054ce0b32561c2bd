import { Injectable } from '@nestjs/common';
import { Accounts } from '../auth/accounts.service';
import type { Principal } from '../auth/principal';
import { Database } from '../database/database.service';
import { QUOTA_KINDS, QuotaLimits } from '../usage/quota-limits';
import { LimitWindows } from './limit-windows.service';
import {
  type LimitsView,
  type SetLimitsRequest,
  type SubjectLimitsView,
  toLimitsView,
  toOwnLimits,
  toSubjectLimitsView,
} from './limits.dto';

/** Looking at limits, and an admin's setting them for one user or one key. */
@Injectable()
export class LimitsService {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly quotaLimits: QuotaLimits,
    private readonly windows: LimitWindows,
  ) {}

  async ofCaller(caller: Principal): Promise<LimitsView> {
    const [own, ofKey] = await Promise.all([
      this.windows.ofUser(caller),
      caller.kind === 'key' ? this.windows.ofKey(caller.keyId, caller.timezone) : [],
    ]);
    return toLimitsView([...own, ...ofKey]);
  }

  /** @throws AppError not_found */
  async ofUser(id: string): Promise<SubjectLimitsView> {
    const user = await this.accounts.requireUser(id);
    const [limits, windows] = await Promise.all([this.quotaLimits.read([id]), this.windows.ofUser(user)]);
    return toSubjectLimitsView(limits.get(id) ?? {}, windows);
  }

  /** @throws AppError not_found, where it was revoked too */
  async ofKey(id: string): Promise<SubjectLimitsView> {
    const { timezone } = await this.accounts.requireKey(id);
    const [limits, windows] = await Promise.all([
      this.quotaLimits.read([id]),
      this.windows.ofKey(id, timezone),
    ]);
    return toSubjectLimitsView(limits.get(id) ?? {}, windows);
  }

  /** @throws AppError not_found */
  async setForUser(id: string, request: SetLimitsRequest): Promise<SubjectLimitsView> {
    await this.accounts.requireUser(id);
    await this.set(id, request);
    return this.ofUser(id);
  }

  /** @throws AppError not_found */
  async setForKey(id: string, request: SetLimitsRequest): Promise<SubjectLimitsView> {
    await this.accounts.requireKey(id);
    await this.set(id, request);
    return this.ofKey(id);
  }

  /** All or none. */
  private async set(subject: string, request: SetLimitsRequest): Promise<void> {
    const limits = toOwnLimits(request);
    await this.database.transaction(async (tx) => {
      for (const kind of QUOTA_KINDS) {
        const amount = limits[kind];
        if (amount !== undefined) await this.quotaLimits.set(tx, subject, kind, amount);
      }
    });
  }
}

import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../common/app-error';
import type { Principal } from './principal';

/** What an API key can be allowed: the agent, the stateless doors, the tasks, what stands under `/v1`, and MCP. */
export const SCOPES = ['chat', 'proxy', 'tasks', 'v1', 'mcp'] as const;
export type Scope = (typeof SCOPES)[number];

/** The scope a key needs; `any`: whatever its scopes; a function, where it depends on what is asked for. */
export type ScopeRule = Scope | 'any' | ((request: Request) => Scope);

export const SCOPE_RULE = 'scopeRule';

/**
 * Opens a route, or all of a controller's, to API keys. One without it is closed to them, so that what is added later
 * is not open to keys that were given out before.
 */
export const Scopes = (rule: ScopeRule): CustomDecorator => SetMetadata(SCOPE_RULE, rule);

/** @throws AppError forbidden where the caller is a key that may not be used for this */
export function assertScope(principal: Principal, scope: Scope): void {
  if (principal.kind !== 'key' || principal.scopes.includes(scope)) return;
  throw new AppError('forbidden', `This API key may not be used here: it lacks the scope ${scope}.`);
}

/**
 * Holds a caller against the mark of a route.
 * @throws AppError forbidden
 */
export function assertMayEnter(principal: Principal, rule: ScopeRule | undefined, request: Request): void {
  if (principal.kind !== 'key' || rule === 'any') return;
  if (rule === undefined) throw new AppError('forbidden', 'API keys may not be used here: sign in.');
  assertScope(principal, typeof rule === 'function' ? rule(request) : rule);
}

import { Injectable } from '@nestjs/common';
import { parseCookie } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import { AppError } from '../common/app-error';
import { isOpenAiPath } from '../common/openai-error-body';
import { Settings } from '../config/settings';
import { isTrustedOrigin } from './origin-rule';

export const SESSION_COOKIE = { name: 'keyturn_session', path: '/' };
const REFRESH_COOKIE = { name: 'keyturn_refresh', path: '/api/auth' };
const API_KEY_HEADERS = ['api-key', 'x-api-key'];
const BEARER = /^bearer +(\S+)$/i;
/** The subprotocol by which browsers send a token: they can name subprotocols, but set no header. */
export const TOKEN_SUBPROTOCOL = 'bearer';

/** Traefik names a socket's own scheme in `X-Forwarded-Proto`; an origin has that of the page. */
const SCHEME_OF_SOCKET: Record<string, string> = { ws: 'http', wss: 'https' };

/** As much of a request as says whom it speaks for. */
export type CredentialedRequest = Pick<Request, 'headers' | 'protocol' | 'host'>;

/** Where tokens stand in requests, and how browsers are given theirs. */
@Injectable()
export class SessionCredentials {
  constructor(private readonly settings: Settings) {}

  /**
   * The header's token, else the session cookie's. Under `/v1` the headers of Azure's and Anthropic's clients count too.
   * @throws AppError origin_not_allowed when only the cookie is there and the page that sent it is foreign
   */
  accessToken(request: Request): string | undefined {
    return bearerToken(request) ?? apiKeyHeader(request) ?? this.cookie(request, SESSION_COOKIE.name);
  }

  /**
   * The same of a request that opens a WebSocket, where the token may also be the second of two subprotocols.
   * @throws AppError origin_not_allowed
   */
  connectionToken(request: CredentialedRequest): string | undefined {
    return bearerToken(request) ?? subprotocolToken(request) ?? this.cookie(request, SESSION_COOKIE.name);
  }

  /** @throws AppError origin_not_allowed when a foreign page sends the request */
  assertTrustedOrigin(request: CredentialedRequest): void {
    if (this.isOriginTrusted(request)) return;
    throw new AppError('origin_not_allowed', 'Pages of this origin may not do this.');
  }

  /** @throws AppError origin_not_allowed when the cookie is there and the page that sent it is foreign */
  refreshCookie(request: Request): string | undefined {
    return this.cookie(request, REFRESH_COOKIE.name);
  }

  /**
   * Every token of a request, for ending what they stand for. A foreign page's cookies count for nothing beside a
   * token that it holds itself.
   * @throws AppError origin_not_allowed when a foreign page sent cookies only
   */
  everyToken(request: Request, given: string | undefined): { access: string[]; refresh: string[] } {
    const bearer = bearerToken(request);
    const isHolder = bearer !== undefined || given !== undefined;
    const mayUseCookies = !isHolder || this.isOriginTrusted(request);
    const cookies = mayUseCookies
      ? [this.cookie(request, SESSION_COOKIE.name), this.refreshCookie(request)]
      : [];
    return { access: [bearer, cookies[0]].filter(isPresent), refresh: [given, cookies[1]].filter(isPresent) };
  }

  /** Gives a browser its cookies; each lives as long as its token. */
  keep(request: Request, response: Response, tokens: { access: string; refresh: string }): void {
    const { accessTokenTtlMs, refreshTokenTtlMs } = this.settings.auth;
    response.cookie(SESSION_COOKIE.name, tokens.access, {
      ...cookieOptions(request, SESSION_COOKIE.path),
      maxAge: accessTokenTtlMs,
    });
    response.cookie(REFRESH_COOKIE.name, tokens.refresh, {
      ...cookieOptions(request, REFRESH_COOKIE.path),
      maxAge: refreshTokenTtlMs,
    });
  }

  clear(request: Request, response: Response): void {
    for (const { name, path } of [SESSION_COOKIE, REFRESH_COOKIE]) {
      response.clearCookie(name, cookieOptions(request, path));
    }
  }

  private cookie(request: CredentialedRequest, name: string): string | undefined {
    const value = parseCookie(request.headers.cookie ?? '')[name];
    if (value === undefined || value === '') return undefined;
    if (this.isOriginTrusted(request)) return value;
    throw new AppError('origin_not_allowed', 'Pages of this origin may not use the session cookie.');
  }

  private isOriginTrusted(request: CredentialedRequest): boolean {
    const scheme = SCHEME_OF_SOCKET[request.protocol.toLowerCase()] ?? request.protocol;
    const self = `${scheme}://${request.host}`;
    return isTrustedOrigin(request.headers.origin, self, this.settings.corsOrigins);
  }
}

function bearerToken({ headers }: CredentialedRequest): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

function apiKeyHeader({ headers, originalUrl }: Request): string | undefined {
  if (!isOpenAiPath(originalUrl)) return undefined;
  const given = API_KEY_HEADERS.map((name) => headers[name]).find(
    (value) => value !== undefined && value !== '',
  );
  return typeof given === 'string' ? given : undefined;
}

function subprotocolToken({ headers }: CredentialedRequest): string | undefined {
  const [name, token, ...others] = (headers['sec-websocket-protocol'] ?? '').split(',');
  if (name?.trim() !== TOKEN_SUBPROTOCOL || others.length > 0) return undefined;
  return token?.trim() || undefined;
}

function cookieOptions({ secure }: Request, path: string): CookieOptions {
  return { path, httpOnly: true, sameSite: 'lax', secure };
}

const isPresent = (token: string | undefined): token is string => token !== undefined;

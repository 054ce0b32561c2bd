import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { signInRequired } from '../common/app-error';
import { MayFailWith } from '../common/may-fail-with.decorator';
import { Public } from '../common/public.decorator';
import { RateLimited } from '../limits/rate-limited.decorator';
import {
  type IssuedSession,
  RefreshTokenRequest,
  SessionView,
  SignInRequest,
  SignUpRequest,
  toSessionView,
  toUserView,
  UserView,
} from './auth.dto';
import { AuthService } from './auth.service';
import { CurrentUser } from './current-user.decorator';
import type { Principal } from './principal';
import { Scopes } from './scopes';
import { SessionCredentials } from './session-credentials';

const CREDENTIALS = { email: 'ada@example.com', password: 'correct horse battery' };
const REFRESH_TOKEN = { refresh_token: 'ktr_Vb0sQ2mE5kX8nR1tY4wZ7cF0gJ3lP6uA9dH2oS5iK8q' };

const COOKIES = {
  'Set-Cookie': {
    description: 'The session’s two tokens for browsers, as `HttpOnly` cookies',
    required: true,
    schema: { type: 'string' as const },
  },
};

@ApiTags('auth')
@Controller('api/auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly credentials: SessionCredentials,
  ) {}

  @Post('signup')
  @MayFailWith('email_taken')
  @Public()
  @RateLimited('auth')
  @ApiOperation({ operationId: 'signUp', summary: 'Make an account; the first one is the admin’s' })
  @ApiBody({
    type: SignUpRequest,
    examples: { account: { value: { ...CREDENTIALS, timezone: 'Europe/Berlin' } } },
  })
  @ApiCreatedResponse({ type: SessionView, headers: COOKIES })
  async signUp(
    @Body() body: SignUpRequest,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionView> {
    return this.open(await this.auth.signUp(body), request, response);
  }

  @Post('signin')
  @MayFailWith('invalid_credentials')
  @HttpCode(200)
  @Public()
  @RateLimited('auth')
  @ApiOperation({ operationId: 'signIn', summary: 'Begin a session' })
  @ApiBody({ type: SignInRequest, examples: { account: { value: CREDENTIALS } } })
  @ApiOkResponse({ type: SessionView, headers: COOKIES })
  async signIn(
    @Body() body: SignInRequest,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionView> {
    return this.open(await this.auth.signIn(body), request, response);
  }

  @Post('refresh')
  @MayFailWith('unauthorized', 'origin_not_allowed')
  @HttpCode(200)
  @Public()
  @ApiOperation({ operationId: 'refreshSession', summary: 'Replace a refresh token, for a new access token' })
  @ApiBody({
    type: RefreshTokenRequest,
    required: false,
    examples: { token: { value: REFRESH_TOKEN }, cookie: { value: {} } },
  })
  @ApiOkResponse({ type: SessionView, headers: COOKIES })
  async refresh(
    @Body() body: RefreshTokenRequest,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionView> {
    const refreshToken = body.refresh_token ?? this.credentials.refreshCookie(request);
    if (refreshToken === undefined) throw signInRequired();
    return this.open(await this.auth.refresh(refreshToken), request, response);
  }

  @Post('signout')
  @MayFailWith('unauthorized', 'origin_not_allowed')
  @HttpCode(204)
  @Public()
  @ApiBearerAuth()
  @ApiSecurity('session')
  @ApiOperation({
    operationId: 'signOut',
    summary: 'End the session of a refresh token, a cookie or an access token',
  })
  @ApiBody({
    type: RefreshTokenRequest,
    required: false,
    examples: { token: { value: REFRESH_TOKEN }, cookie: { value: {} } },
  })
  @ApiNoContentResponse()
  async signOut(
    @Body() body: RefreshTokenRequest,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.auth.signOut(this.credentials.everyToken(request, body.refresh_token ?? undefined));
    this.credentials.clear(request, response);
  }

  @Get('me')
  @Scopes('any')
  @ApiBearerAuth()
  @ApiOperation({ operationId: 'getMe', summary: 'Who is signed in' })
  @ApiOkResponse({ type: UserView })
  async me(@CurrentUser() user: Principal): Promise<UserView> {
    return toUserView(await this.auth.find(user.id));
  }

  private open(session: IssuedSession, request: Request, response: Response): SessionView {
    this.credentials.keep(request, response, { access: session.accessToken, refresh: session.refreshToken });
    return toSessionView(session);
  }
}

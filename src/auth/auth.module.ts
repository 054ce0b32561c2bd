import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings';
import { LimitsModule } from '../limits/limits.module';
import { UsageModule } from '../usage/usage.module';
import { AccessTokens, TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER } from './access-tokens';
import { AccountLock } from './account-lock';
import { Accounts } from './accounts.service';
import { AdminApiKeysController } from './admin-api-keys.controller';
import { AnonymousCallers } from './anonymous-callers';
import { ApiKeysController } from './api-keys.controller';
import { ApiKeysService } from './api-keys.service';
import { AuthController } from './auth.controller';
import { AuthGuard } from './auth.guard';
import { AuthService } from './auth.service';
import { ConnectionAuth } from './connection-auth';
import { ExternalAccounts } from './external-accounts.service';
import { ExternalIssuer } from './external-issuer';
import { jwtSecretOf } from './jwt-secret';
import { JwtStrategy } from './jwt.strategy';
import { KnownApiKeys } from './known-api-keys';
import { PasswordHasher } from './password-hasher';
import { PrincipalCache } from './principal-cache';
import { Recognition } from './recognition';
import { SessionCredentials } from './session-credentials';
import { SessionsService } from './sessions.service';
import { User } from './user.entity';
import { UsersService } from './users.service';

@Module({
  imports: [
    LimitsModule,
    UsageModule,
    TypeOrmModule.forFeature([User]),
    JwtModule.registerAsync({
      inject: [Settings],
      useFactory: (settings: Settings) => ({
        secret: jwtSecretOf(settings),
        signOptions: { algorithm: TOKEN_ALGORITHM, issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE },
        verifyOptions: { algorithms: [TOKEN_ALGORITHM], issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE },
      }),
    }),
  ],
  controllers: [AuthController, ApiKeysController, AdminApiKeysController],
  providers: [
    { provide: APP_GUARD, useClass: AuthGuard },
    AuthService,
    ConnectionAuth,
    AnonymousCallers,
    Recognition,
    ApiKeysService,
    KnownApiKeys,
    ExternalIssuer,
    ExternalAccounts,
    UsersService,
    SessionsService,
    AccessTokens,
    JwtStrategy,
    SessionCredentials,
    PrincipalCache,
    PasswordHasher,
    AccountLock,
    Accounts,
  ],
  exports: [AuthService, ConnectionAuth, Accounts],
})
export class AuthModule {}

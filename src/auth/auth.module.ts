import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings';
import { LimitsModule } from '../limits/limits.module';
import { AccessTokens, TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER } from './access-tokens';
import { AccountLock } from './account-lock';
import { AuthController } from './auth.controller';
import { AuthGuard } from './auth.guard';
import { AuthService } from './auth.service';
import { ConnectionAuth } from './connection-auth';
import { jwtSecretOf } from './jwt-secret';
import { JwtStrategy } from './jwt.strategy';
import { PasswordHasher } from './password-hasher';
import { PrincipalCache } from './principal-cache';
import { SessionCredentials } from './session-credentials';
import { SessionsService } from './sessions.service';
import { User } from './user.entity';
import { UsersService } from './users.service';

@Module({
  imports: [
    LimitsModule,
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
  controllers: [AuthController],
  providers: [
    { provide: APP_GUARD, useClass: AuthGuard },
    AuthService,
    ConnectionAuth,
    UsersService,
    SessionsService,
    AccessTokens,
    JwtStrategy,
    SessionCredentials,
    PrincipalCache,
    PasswordHasher,
    AccountLock,
  ],
  exports: [AuthService, ConnectionAuth],
})
export class AuthModule {}

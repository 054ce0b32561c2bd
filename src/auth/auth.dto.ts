import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsOptional, IsString, IsTimeZone, Matches } from 'class-validator';
import { IsStorableText } from '../common/storable-text';
import { HasLength } from '../common/text-length';
import { IsUncommonPassword } from './uncommon-password';
import type { User } from './user.entity';

export const DEFAULT_TIMEZONE = 'UTC';

const LONGEST_EMAIL = 254;
const LONGEST_PASSWORD = 128;

/** Addresses are compared in lower case, without the blanks that get copied along. */
const NormalizedEmail = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.trim().toLowerCase() : value,
  );

export class SignUpRequest {
  @NormalizedEmail()
  @HasLength(1, LONGEST_EMAIL)
  @IsEmail()
  email!: string;

  @IsUncommonPassword()
  @HasLength(8, LONGEST_PASSWORD)
  @IsStorableText()
  @IsString()
  password!: string;

  /** An offset is not a zone, because a zone has rules. */
  @ApiPropertyOptional({ description: 'IANA name of a time zone', example: 'Europe/Berlin' })
  @IsOptional()
  @Matches(/^[A-Za-z]/, { message: 'timezone must be the IANA name of a time zone' })
  @IsTimeZone({ message: 'timezone must be the IANA name of a time zone' })
  timezone?: string;
}

export class SignInRequest {
  @NormalizedEmail()
  @HasLength(1, LONGEST_EMAIL)
  @IsEmail()
  email!: string;

  @HasLength(1, LONGEST_PASSWORD)
  @IsStorableText()
  @IsString()
  password!: string;
}

/** Browsers send the cookie instead. */
export class RefreshTokenRequest {
  @IsOptional()
  @IsString()
  @HasLength(0, 256)
  refresh_token?: string;
}

class AccountView {
  @ApiProperty({ format: 'uuid', example: 'c0a8e6f2-5b1d-4c7e-9a53-1f2d3c4b5a69' })
  id!: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' })
  created_at!: string;
}

class SessionUserView extends AccountView {
  @ApiProperty({ example: 'ada@example.com' })
  email!: string;
}

export class UserView extends AccountView {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null of one who comes from an external issuer',
    example: 'ada@example.com',
  })
  email!: string | null;

  @ApiProperty({ enum: ['user', 'admin'], example: 'user' })
  role!: User['role'];

  @ApiProperty({ example: 'Europe/Berlin' })
  timezone!: string;
}

export class SessionView {
  @ApiProperty({ description: 'Access token, for `Authorization: Bearer …`.' })
  token!: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type!: 'Bearer';

  @ApiProperty({ description: 'When the access token ends.', format: 'date-time' })
  expires_at!: string;

  @ApiProperty({ description: 'For one refresh.', example: 'ktr_Vb0…' })
  refresh_token!: string;

  @ApiProperty({ type: SessionUserView })
  user!: SessionUserView;
}

/** A session just given out. */
export interface IssuedSession {
  user: User;
  accessToken: string;
  accessTokenExpiresAt: Date;
  refreshToken: string;
}

export function toUserView({ id, email, createdAt, role, timezone }: User): UserView {
  return { id, email, created_at: createdAt.toISOString(), role, timezone };
}

export function toSessionView(session: IssuedSession): SessionView {
  return {
    token: session.accessToken,
    token_type: 'Bearer',
    expires_at: session.accessTokenExpiresAt.toISOString(),
    refresh_token: session.refreshToken,
    user: toSessionUserView(session.user),
  };
}

/** Sessions are of those who sign in here, and they do it by their e-mail. */
function toSessionUserView({ id, email, createdAt }: User): SessionUserView {
  return { id, email: email!, created_at: createdAt.toISOString() };
}

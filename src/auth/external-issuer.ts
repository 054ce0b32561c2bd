import { Injectable, Logger } from '@nestjs/common';
import { isTimeZone } from 'class-validator';
import { decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { AppError } from '../common/app-error';
import { Clock } from '../common/clock';
import { isStorable } from '../common/storable-text';
import { Settings } from '../config/settings';
import { IssuerKeys } from './issuer-keys';

const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'];
/** How far the issuer's clock may be from ours. */
const CLOCK_TOLERANCE_SECONDS = 10;
const LONGEST_SUBJECT = 255;
/** The last second a `Date` knows. */
const LAST_SECOND = 8_640_000_000_000;

/** What the external issuer's token says, as far as it counts here: roles and e-mails in it do not. */
export interface ExternalClaims {
  /** Who this is to the issuer, always. */
  subject: string;
  /** IANA name; undefined where the token names none that we know. */
  timezone?: string;
  expiresAt: Date;
}

/** Reads the tokens of the one issuer beside us that is trusted, where there is one. */
@Injectable()
export class ExternalIssuer {
  private readonly logger = new Logger(ExternalIssuer.name);
  private readonly trusted: Settings['auth']['externalIssuer'];
  private readonly keys: IssuerKeys | undefined;

  constructor(
    { auth }: Settings,
    private readonly clock: Clock,
  ) {
    this.trusted = auth.externalIssuer;
    this.keys = this.trusted && new IssuerKeys(this.trusted.jwksUrl);
  }

  /** Whether a token says that it is the issuer's, which is not yet to say that it is. */
  isNamedBy(token: string): boolean {
    if (this.trusted === undefined) return false;
    try {
      return decodeJwt(token).iss === this.trusted.issuer;
    } catch {
      return false;
    }
  }

  /**
   * @returns undefined where the token is not a good one
   * @throws AppError upstream_unavailable where the issuer's keys are not to be had
   */
  async read(token: string): Promise<ExternalClaims | undefined> {
    if (this.trusted === undefined || this.keys === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(token, this.keys.find, {
        algorithms: ALGORITHMS,
        issuer: this.trusted.issuer,
        audience: this.trusted.audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: this.clock.now(),
      });
      return toExternalClaims(payload);
    } catch (error) {
      if (error instanceof AppError) throw error;
      const { code, claim } = error as { code?: string; claim?: string };
      this.logger.debug({ event: 'external_token_refused', code, claim });
      return undefined;
    }
  }
}

function toExternalClaims({ sub, exp, zoneinfo }: JWTPayload): ExternalClaims | undefined {
  const isSubject =
    typeof sub === 'string' && sub.length >= 1 && sub.length <= LONGEST_SUBJECT && isStorable(sub);
  if (!isSubject) return undefined;
  const lastSecond = Math.min(exp! + CLOCK_TOLERANCE_SECONDS, LAST_SECOND);
  return {
    subject: sub,
    // An offset is no zone: a zone has rules.
    timezone: isTimeZone(zoneinfo) && /^[A-Za-z]/.test(zoneinfo as string) ? (zoneinfo as string) : undefined,
    expiresAt: new Date(lastSecond * 1000),
  };
}

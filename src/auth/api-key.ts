import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'kt_';
const KEY_BYTES = 32;
const KEY = /^kt_[A-Za-z0-9_-]{43}$/;
const SHOWN_CHARACTERS = PREFIX.length + 6;

export const mintApiKey = (): string => PREFIX + randomBytes(KEY_BYTES).toString('base64url');

/** Whether a token is meant to be a key; whether it is one, the database knows. */
export const isMeantAsApiKey = (token: string): boolean => token.startsWith(PREFIX);

export const isWellFormedApiKey = (token: string): boolean => KEY.test(token);

/** What is stored of a key. It has 256 random bits, so a fast hash is enough, and finding it by that gives nothing away. */
export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest();

/** By which people tell their keys apart. */
export const shownPartOf = (key: string): string => key.slice(0, SHOWN_CHARACTERS);

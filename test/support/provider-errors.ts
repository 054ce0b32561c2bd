import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../fixtures/providers/errors');

/** One error answer of a provider, and the expected result. Each is a file in `test/fixtures/providers/errors`. */
export interface ProviderErrorCase {
  /** The file’s name without its extension. */
  name: string;
  /** What the case shows, in one sentence. */
  about: string;
  /** Where the answer was seen or is documented. */
  source: string;
  status: number;
  headers?: Record<string, string>;
  /** The exact bytes, in UTF-8. */
  body: string;
  /** Words that no client may see. */
  hidden?: string[];
  expect: {
    code: string;
    status: number;
    /** Absent: the message is Keyturn's own and contains no part of the body. */
    message?: string;
    param?: string;
    /** Seconds of `Retry-After`. */
    retryAfter?: number;
    /** The answer under `/v1`, if it differs. */
    v1?: { status: number; type: string; code: string };
    /** Whether the request is retried before the client gets its first byte. */
    isRetried?: boolean;
  };
}

export function providerErrorCases(): ProviderErrorCase[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.json'.length),
      ...(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Omit<ProviderErrorCase, 'name'>),
    }));
}

import type { Settings } from '../config/settings';
import { KNOWN_FIELDS } from './known-fields.data';
import { invalid } from './model-request';
import type { ModelRoute } from './model-routes';

const MAX_SHOWN_LENGTH = 100;

/**
 * Refuses a field whose name is one of the API's in another case: providers that read names without regard to case
 * would take it for that field, past every rule of ours.
 * @throws AppError validation_failed
 */
export function assertSpelling(route: ModelRoute, names: readonly string[]): void {
  const known = KNOWN_FIELDS[route];
  for (const name of names) {
    // Upper case first: it also folds letters such as ſ and K, which are no ASCII.
    const folded = name.toUpperCase().toLowerCase();
    if (folded !== name && known.has(folded)) throw invalid(shown(name), `must be written ${folded}`);
  }
}

/**
 * Refuses every field that the API does not have and the operator has not allowed.
 * @throws AppError validation_failed
 */
export function assertKnownFields(
  route: ModelRoute,
  names: readonly string[],
  allowed: readonly string[],
): void {
  const unknown = names.find((name) => !KNOWN_FIELDS[route].has(name) && !allowed.includes(name));
  if (unknown === undefined) return;
  throw invalid(
    shown(unknown),
    'is not a field of this API; the operator of the server can allow it with ALLOWED_FIELDS',
  );
}

/** Whether a server that is not OpenAI's own may answer: nobody knows what a field means there. */
export const isForeignServer = ({ upstream, openai }: Pick<Settings, 'upstream' | 'openai'>): boolean =>
  upstream === 'openai' && openai.baseUrl !== undefined;

const shown = (name: string): string => name.slice(0, MAX_SHOWN_LENGTH).replace(/\p{C}/gu, '');

import type { MadeObject } from '../models/upstream-object';

type Fields = Readonly<Record<string, unknown>>;

/** How a response is made. */
export interface ResponseKeeping {
  /** Whether the provider keeps it. */
  isStored: boolean;
  /** Of one that is made in the background: the call that its cost is booked to. */
  callId?: string;
}

/**
 * What a response of the Responses API has left at the provider: itself and its items where it is stored, and the
 * containers that its tools ran in.
 */
export function madeByResponse(response: Fields, { isStored, callId }: ResponseKeeping): MadeObject[] {
  const made = madeByItems(listOf(response.output), isStored);
  if (!isStored || typeof response.id !== 'string') return made;
  const unpaid = response.usage == null ? callId : undefined;
  return [{ kind: 'response', id: response.id, callId: unpaid }, ...made];
}

export function madeByItems(items: readonly unknown[], isStored: boolean): MadeObject[] {
  return items.flatMap((item): MadeObject[] => {
    if (!isObject(item)) return [];
    const made: MadeObject[] = [];
    if (isStored && typeof item.id === 'string') made.push({ kind: 'item', id: item.id });
    if (typeof item.container_id === 'string') made.push({ kind: 'container', id: item.container_id });
    return made;
  });
}

/** What an event of a response's stream tells of: some hold the response as it stands. */
export function madeByResponseEvent({ response }: Fields, keeping: ResponseKeeping): MadeObject[] {
  return isObject(response) ? madeByResponse(response, keeping) : [];
}

/** Spoken answers are kept for a while, and named in later requests. */
export function madeByCompletion({ choices }: Fields): MadeObject[] {
  return listOf(choices).flatMap((choice): MadeObject[] => {
    const { message, delta } = (choice ?? {}) as { message?: Fields; delta?: Fields };
    const audio = (message ?? delta)?.audio;
    return isObject(audio) && typeof audio.id === 'string' ? [{ kind: 'item', id: audio.id }] : [];
  });
}

const isObject = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

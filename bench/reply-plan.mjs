/** How a request of the bench controls its reply. */
/**
 * The plan for a reply: `count` deltas of `size` characters, `gapMs` apart. With `isHeld` the second half waits for a
 * signal. `label` is in the first and the last delta, so that two streams cannot be confused.
 */
export const DEFAULT_PLAN = { count: 20, gapMs: 0, size: 8, isHeld: false, label: '' };

const READERS = { number: Number, boolean: (word) => word === 'true', string: String };

/** @returns the text in a request that selects such a reply, such as `[[count=200 gapMs=5]]` */
export function tag(plan) {
  const pairs = Object.entries(plan).map(([name, value]) => `${name}=${value}`);
  return `[[${pairs.join(' ')}]]`;
}

/** @returns the plan of the tag in a text, or the default plan */
export function planOf(text) {
  const [, words = ''] = /\[\[(.*?)\]\]/.exec(text) ?? [];
  const plan = { ...DEFAULT_PLAN };
  for (const [, name, word] of words.matchAll(/(\w+)=(\w*)/g)) {
    plan[name] = READERS[typeof DEFAULT_PLAN[name]](word);
  }
  return plan;
}

const SENTENCE = 'Ein Satz mit ä, ß, € und 漢字, damit kein Byte für ein Zeichen gilt. ';

/** The start of the first delta in every stream: the first token that a client sees. */
export const FIRST_TOKEN = 'First';

/** The text of a reply that is not streamed, and of the closing events of a response. */
export const TEXT = `${FIRST_TOKEN} ${SENTENCE.repeat(8)}`;

/** @returns the text of each delta */
export function deltas({ count, size, label }) {
  const filler = SENTENCE.repeat(Math.ceil(size / SENTENCE.length));
  const last = count - 1;
  return Array.from({ length: count }, (_, index) => {
    if (index === 0) return `${FIRST_TOKEN} ${label} `;
    return index === last ? `Last ${label}` : filler.slice(0, size);
  });
}

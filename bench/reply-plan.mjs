/** How a request of the bench steers its reply. */
/**
 * What a request may ask for: `count` deltas of `size` characters, `gapMs` apart; with `isHeld` the second half waits
 * for a signal; `label` stands in the first and the last, so that one stream cannot pass for another.
 */
export const DEFAULT_PLAN = { count: 20, gapMs: 0, size: 8, isHeld: false, label: '' };

const READERS = { number: Number, boolean: (word) => word === 'true', string: String };

/** @returns what a request says in its text to get such a reply, as `[[count=200 gapMs=5]]` */
export function tag(plan) {
  const pairs = Object.entries(plan).map(([name, value]) => `${name}=${value}`);
  return `[[${pairs.join(' ')}]]`;
}

/** @returns the plan of the tag in it, or the default */
export function planOf(text) {
  const [, words = ''] = /\[\[(.*?)\]\]/.exec(text) ?? [];
  const plan = { ...DEFAULT_PLAN };
  for (const [, name, word] of words.matchAll(/(\w+)=(\w*)/g)) {
    plan[name] = READERS[typeof DEFAULT_PLAN[name]](word);
  }
  return plan;
}

const SENTENCE = 'Ein Satz mit ä, ß, € und 漢字, damit kein Byte für ein Zeichen gilt. ';

/** How the first delta of every stream begins: the first token a client sees. */
export const FIRST_TOKEN = 'First';

/** The reply where no plan says how long. */
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

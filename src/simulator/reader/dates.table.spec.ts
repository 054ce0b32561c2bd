import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePhraseTable } from '../../../test/support/due-rules';
import { readIntents } from './reader';

const REFERENCE = { instant: new Date('2026-12-01T13:02:00Z'), timezone: 0 };
const TABLE = join(__dirname, '../../../test/fixtures/due-phrases.txt');
/** Phrases to skip: words outside the date, corrected misspellings, and short words that end any request. */
const NOT_OF_A_DATE = /milk|tmrw|tommorow|^(?:right now|asap|before|and)$/;
const PHRASES = parsePhraseTable(readFileSync(TABLE, 'utf8'))
  .map(({ phrase }) => phrase)
  .filter((phrase) => !NOT_OF_A_DATE.test(phrase));

const FRAME = /^(?:by|on|due|at|before|until|the|sometime|no later than|in) | (?:please|at the latest)$/;

/** Letters and numbers only. */
function wordsOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}:/-]+/gu, ' ')
    .trim();
}

function unframed(text: string): string {
  const shorter = text.replace(FRAME, '');
  return shorter === text ? text : unframed(shorter);
}

describe('a date in a sentence', () => {
  it.each(PHRASES)('is taken whole, or stays whole in the title: %s', (phrase) => {
    const [added, ...others] = readIntents(`add task report ${phrase}`, REFERENCE);
    expect(others).toEqual([]);
    if (added?.kind !== 'add') throw new Error(`read as ${added?.kind}`);
    const { title = '', due } = added;
    if (due === undefined) expect(wordsOf(title)).toBe(wordsOf(`report ${phrase}`));
    else expect([title, unframed(wordsOf(due))]).toEqual(['Report', unframed(wordsOf(phrase))]);
  });
});

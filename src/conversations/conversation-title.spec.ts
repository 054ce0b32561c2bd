import { toTitle } from './conversation-title';

describe('toTitle', () => {
  it.each([
    ['puts the message on one line', ' a\n b\tc ', 'a b c'],
    ['names a conversation without words', ' \n', 'New conversation'],
    ['keeps eighty letters', 'x'.repeat(80), 'x'.repeat(80)],
    ['shortens eighty-one letters', 'x'.repeat(81), `${'x'.repeat(79)}…`],
    ['takes out what cannot be stored', 'a\0b\uD800', 'a\uFFFDb\uFFFD'],
  ])('%s', (_, message, title) => {
    expect(toTitle(message)).toBe(title);
  });

  it.each([74, 75, 76, 77, 78, 79])('shows no broken character after %d letters and emoji', (letters) => {
    const whole = `${'x'.repeat(letters)}🎉🎉🎉👩‍👩‍👧‍👦`;
    const title = toTitle(whole);
    expect(title).not.toContain('\uFFFD');
    expect(title).toMatch(/^x+(?:🎉)*…$/u);
    expect(title.length).toBeLessThanOrEqual(80);
  });
});

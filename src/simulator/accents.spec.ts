import { converse, TaskList } from '../../test/support/simulated-conversation';

describe('words with accents', () => {
  const composed = (words: string): string => words.normalize('NFC');
  const decomposed = (words: string): string => words.normalize('NFD');
  const plain = (words: string): string => decomposed(words).replace(/\p{M}/gu, '');

  it.each([
    'café',
    'Überprüfung',
    'résumé',
    'naïve',
    'İstanbul',
    'smörgåsbord',
    'žlutý kůň',
    'ёлка',
    'Ștefan',
  ])('finds "%s" however it is typed, and however its title is stored', (title) => {
    for (const stored of [composed(title), decomposed(title), plain(title)]) {
      for (const typed of [composed(title), decomposed(title), plain(title), title.toUpperCase()]) {
        const list = new TaskList(stored, 'Buy milk');
        const { answer } = converse(`complete ${typed}`, list);
        expect([typed, answer]).toEqual([typed, `Completed task #1 “${stored}”.`]);
        expect(list.tasks[1]).toMatchObject({ completed: false });
        expect(converse(`find ${typed}`, list).answer).toContain('#1');
      }
    }
  });

  it('searches for the words of the user as they are', () => {
    const list = new TaskList('Café', 'Buy milk');
    const { calls } = converse('complete café', list);
    expect(calls[0]).toEqual(['list_tasks', { status: 'all', query: 'café' }]);
    expect(calls).toHaveLength(2);
  });

  it('finds two of them in one message', () => {
    const list = new TaskList('Café', 'Résumé', 'Buy milk');
    converse('complete the cafe and resume tasks', list);
    expect(list.tasks.map(({ completed }) => completed)).toEqual([true, true, false]);
  });

  it('takes the result of a search for no list of everything', () => {
    const list = new TaskList('Café', 'Buy milk');
    const { answer } = converse('complete the cafe and milk tasks', list);
    expect(answer.split('\n').sort()).toEqual(['Completed task #1 “Café”.', 'Completed task #2 “Buy milk”.']);
  });
});

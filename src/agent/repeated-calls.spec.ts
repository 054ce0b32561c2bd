import { RepeatedCalls } from './repeated-calls';

const list = { name: 'list_tasks', arguments: { status: 'all', limit: 5 } };
const listReordered = { name: 'list_tasks', arguments: { limit: 5, status: 'all' } };
const listOthers = { name: 'list_tasks', arguments: { status: 'pending', limit: 5 } };
const get = { name: 'get_task', arguments: { status: 'all', limit: 5 } };
const nested = (...tags: string[]) => ({ name: 'add_task', arguments: { updates: { tags, title: 'a' } } });
const nestedReordered = { name: 'add_task', arguments: { updates: { title: 'a', tags: ['x', 'y'] } } };

describe('RepeatedCalls', () => {
  it.each([
    ['no call', [], false],
    ['two alike', [list, list], false],
    ['three alike', [list, list, list], true],
    ['four alike', [list, list, list, list], true],
    ['three alike after others', [get, listOthers, list, list, list], true],
    ['three alike, then another', [list, list, list, get], false],
    ['three with another between', [list, list, get, list], false],
    ['the same arguments of another tool', [list, list, get], false],
    ['other arguments', [list, list, listOthers], false],
    ['the same arguments in another order', [list, listReordered, list], true],
    ['nested arguments in another order', [nested('x', 'y'), nestedReordered, nested('x', 'y')], true],
    ['a list in another order', [nested('x', 'y'), nested('y', 'x'), nested('x', 'y')], false],
    [
      'no arguments',
      [
        { name: 'a', arguments: {} },
        { name: 'a', arguments: {} },
        { name: 'a', arguments: {} },
      ],
      true,
    ],
  ])('%s: looping %p', (_, calls, isLooping) => {
    const repeats = new RepeatedCalls();
    for (const call of calls as Parameters<RepeatedCalls['add']>[0][]) repeats.add(call);
    expect(repeats.isLooping).toBe(isLooping);
  });
});

import { BoundedStore } from './bounded-store';

describe('BoundedStore', () => {
  it('drops the oldest when there are too many', () => {
    const store = new BoundedStore<string>(2, 1_000);
    for (const id of ['a', 'b', 'c']) store.put(id, id, 1);
    expect(store.all()).toEqual(['b', 'c']);
    expect(store.get('a')).toBeUndefined();
  });

  it('drops the oldest until there is room', () => {
    const store = new BoundedStore<string>(10, 100);
    store.put('a', 'a', 40);
    store.put('b', 'b', 40);
    store.put('c', 'c', 90);
    expect(store.all()).toEqual(['c']);
    store.put('d', 'd', 101);
    expect(store.all()).toEqual([]);
  });

  it('counts what is deleted or replaced no longer', () => {
    const store = new BoundedStore<string>(10, 100);
    store.put('a', 'a', 60);
    expect([store.delete('a'), store.delete('a')]).toEqual([true, false]);
    store.put('b', 'old', 60);
    store.put('b', 'new', 60);
    store.put('c', 'c', 40);
    expect(store.all()).toEqual(['new', 'c']);
  });
});

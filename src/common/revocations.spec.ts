import { Revocations } from './revocations';

describe('Revocations', () => {
  let revocations: Revocations;
  beforeEach(() => {
    revocations = new Revocations();
  });

  it('tells all that watch a key, once, and nobody else', () => {
    const [first, second, other] = [jest.fn(), jest.fn(), jest.fn()];
    revocations.watch('a', first);
    revocations.watch('a', second);
    revocations.watch('b', other);
    revocations.announce(['a', 'unwatched']);
    revocations.announce(['a']);
    expect([first, second, other].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0]);
  });

  it('does not tell who has stopped watching', () => {
    const [stayed, left] = [jest.fn(), jest.fn()];
    revocations.watch('a', stayed);
    const unwatch = revocations.watch('a', left);
    unwatch();
    unwatch();
    revocations.announce(['a']);
    expect([stayed, left].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
  });

  it('does not tell one whom another’s notice made stop watching', () => {
    const second = jest.fn();
    let unwatchSecond = (): void => undefined;
    revocations.watch('a', () => unwatchSecond());
    unwatchSecond = revocations.watch('a', second);
    revocations.announce(['a']);
    expect(second).not.toHaveBeenCalled();
  });

  it('counts the same function as often as it watches', () => {
    const told = jest.fn();
    revocations.watch('a', told)();
    revocations.watch('a', told);
    revocations.watch('a', told);
    revocations.announce(['a']);
    expect(told).toHaveBeenCalledTimes(2);
  });

  it('names each watched key once, and none that nobody watches any more', () => {
    const unwatch = revocations.watch('a', jest.fn());
    revocations.watch('b', jest.fn());
    revocations.watch('b', jest.fn());
    expect(revocations.watched()).toEqual(['a', 'b']);
    unwatch();
    revocations.announce(['b']);
    expect(revocations.watched()).toEqual([]);
  });

  it('lets a key be watched anew after it was announced, whatever the watch before does', () => {
    const unwatch = revocations.watch('a', jest.fn());
    revocations.announce(['a']);
    const told = jest.fn();
    revocations.watch('a', told);
    unwatch();
    revocations.announce(['a']);
    expect(told).toHaveBeenCalledTimes(1);
  });
});

import { RecurringWork } from './recurring-work';

describe('RecurringWork', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('begins at once, and again at intervals until it is stopped', async () => {
    const work = jest.fn(async () => undefined);
    const recurring = new RecurringWork(1000, work, () => undefined);
    await recurring.start();
    expect(work).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(2000);
    expect(work).toHaveBeenCalledTimes(3);
    recurring.stop();
    await jest.advanceTimersByTimeAsync(5000);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('does not begin a round while another is at work', async () => {
    let finish = (): void => undefined;
    const work = jest.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const recurring = new RecurringWork(1000, work, () => undefined);
    void recurring.start();
    await jest.advanceTimersByTimeAsync(3000);
    expect(work).toHaveBeenCalledTimes(1);
    finish();
    await jest.advanceTimersByTimeAsync(1000);
    expect(work).toHaveBeenCalledTimes(2);
    recurring.stop();
  });

  it('tells what fails, and goes on', async () => {
    const failures: unknown[] = [];
    const work = jest.fn(() => Promise.reject(new Error('gone')));
    const recurring = new RecurringWork(1000, work, (error) => failures.push(error));
    await recurring.start();
    await jest.advanceTimersByTimeAsync(1000);
    expect(failures).toEqual([new Error('gone'), new Error('gone')]);
    recurring.stop();
  });
});

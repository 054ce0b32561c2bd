import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { UploadBody } from './upload-body';

const SILENCE_MS = 60_000;

describe('UploadBody', () => {
  let request: PassThrough;
  const onSilent = jest.fn();
  const bodyOf = (mostBytes = 100) =>
    new UploadBody(request as unknown as IncomingMessage, { mostBytes, onSilent });

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    onSilent.mockClear();
    request = new PassThrough();
  });
  afterEach(() => jest.useRealTimers());

  it('is the request’s body', async () => {
    const body = bodyOf();
    request.write('ab');
    request.end('c');
    expect((await buffer(body)).toString()).toBe('abc');
    jest.advanceTimersByTime(2 * SILENCE_MS);
    expect(onSilent).not.toHaveBeenCalled();
  });

  it('may be as long as its bound, and ends beyond it', async () => {
    const whole = bodyOf(3);
    request.end('abc');
    expect((await buffer(whole)).toString()).toBe('abc');
    expect(whole.isTooLarge).toBe(false);

    request = new PassThrough();
    const long = bodyOf(3);
    request.end('abcd');
    await expect(buffer(long)).rejects.toThrow();
    expect(long.isTooLarge).toBe(true);
  });

  it('tells of a client that has stopped sending', async () => {
    const body = bodyOf();
    body.resume();
    jest.advanceTimersByTime(SILENCE_MS - 1);
    request.write('a');
    await new Promise(setImmediate);
    jest.advanceTimersByTime(SILENCE_MS - 1);
    expect(onSilent).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(onSilent).toHaveBeenCalledTimes(1);
  });

  it('blames no client for a provider that does not read', async () => {
    const body = bodyOf(10_000_000);
    request.write(Buffer.alloc(1_000_000));
    await new Promise(setImmediate);
    expect(body.writableNeedDrain).toBe(true);
    jest.advanceTimersByTime(3 * SILENCE_MS);
    expect(onSilent).not.toHaveBeenCalled();
    body.destroy();
  });

  it('leaves the request to be read to its end when it is over', async () => {
    const body = bodyOf();
    body.destroy();
    body.dropRest();
    request.end(Buffer.alloc(1_000_000));
    await new Promise((resolve) => request.once('end', resolve));
    expect(request.destroyed || request.readableEnded).toBe(true);
    jest.advanceTimersByTime(2 * SILENCE_MS);
    expect(onSilent).not.toHaveBeenCalled();
  });
});

import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PacedResponse } from './paced-response';

const HALF_A_MINUTE = 30_000;

/** As much of a response as this sees, with a reader that reads when the test says so. */
class FakeResponse extends EventEmitter {
  destroyed = false;
  writableEnded = false;
  readonly socket = { writableLength: 0 };
  readonly written: string[] = [];

  constructor(private readonly roomBytes: number) {
    super();
  }
  write(bytes: Buffer | string): boolean {
    this.written.push(bytes.toString());
    this.socket.writableLength += bytes.length;
    return this.socket.writableLength <= this.roomBytes;
  }
  end(bytes?: Buffer): void {
    if (bytes !== undefined) this.write(bytes);
    this.writableEnded = true;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
  read(bytes: number): void {
    this.socket.writableLength -= bytes;
    if (this.socket.writableLength > 0) return;
    this.emit(this.writableEnded ? 'close' : 'drain');
  }
}

function pacedTo(roomBytes = 5) {
  const response = new FakeResponse(roomBytes);
  const pace = { onBehind: jest.fn(), onCaughtUp: jest.fn() };
  const paced = new PacedResponse(response as unknown as ServerResponse, pace);
  return { response, paced, ...pace };
}

describe('PacedResponse', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('says once that its reader is behind, and once that it has caught up', () => {
    const { response, paced, onBehind, onCaughtUp } = pacedTo();
    paced.write('12345');
    expect([paced.isBehind, onBehind.mock.calls.length]).toEqual([false, 0]);
    paced.write('6');
    paced.write('7');
    expect([paced.isBehind, onBehind.mock.calls.length, onCaughtUp.mock.calls.length]).toEqual([true, 1, 0]);
    response.read(7);
    expect([paced.isBehind, onBehind.mock.calls.length, onCaughtUp.mock.calls.length]).toEqual([false, 1, 1]);
    paced.write('1234567');
    expect([paced.isBehind, onBehind.mock.calls.length]).toEqual([true, 2]);
    expect(response.written.join('')).toBe('12345671234567');
  });

  it('drops a reader who has taken nothing for 30 s', () => {
    const { response, paced, onCaughtUp } = pacedTo();
    paced.write('1234567');
    jest.advanceTimersByTime(HALF_A_MINUTE - 1);
    expect(response.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect([response.destroyed, paced.isOpen, onCaughtUp.mock.calls.length]).toEqual([true, false, 1]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('keeps one who reads, however slowly, and drops it when it stops', () => {
    const { response, paced } = pacedTo();
    paced.write('1234567');
    for (const bytes of [1, 2, 1]) {
      jest.advanceTimersByTime(HALF_A_MINUTE - 1);
      response.read(bytes);
      jest.advanceTimersByTime(1);
      expect(response.destroyed).toBe(false);
    }
    jest.advanceTimersByTime(HALF_A_MINUTE);
    expect(response.destroyed).toBe(true);
  });

  it('watches nobody who has caught up', () => {
    const { response, paced } = pacedTo();
    paced.write('1234567');
    response.read(7);
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(2 * HALF_A_MINUTE);
    expect(response.destroyed).toBe(false);
  });

  it('drops one who does not take the end', () => {
    const { response, paced } = pacedTo();
    paced.end(Buffer.from('1234567'));
    expect([paced.isOpen, response.destroyed]).toEqual([false, false]);
    jest.advanceTimersByTime(HALF_A_MINUTE);
    expect(response.destroyed).toBe(true);
  });

  it('watches nobody who takes the end', () => {
    const { response, paced } = pacedTo();
    paced.end(Buffer.from('1234567'));
    response.read(7);
    expect(jest.getTimerCount()).toBe(0);
    const nothing = pacedTo();
    nothing.paced.end();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('writes nothing where nobody reads any more', () => {
    const { response, paced, onBehind, onCaughtUp } = pacedTo();
    paced.write('1234567');
    response.destroy();
    paced.write('8');
    paced.end(Buffer.from('9'));
    expect(response.written).toEqual(['1234567']);
    expect([onBehind.mock.calls.length, onCaughtUp.mock.calls.length]).toEqual([1, 1]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends once', () => {
    const { response, paced } = pacedTo();
    paced.end(Buffer.from('1'));
    paced.write('2');
    paced.end(Buffer.from('3'));
    expect(response.written).toEqual(['1']);
  });
});

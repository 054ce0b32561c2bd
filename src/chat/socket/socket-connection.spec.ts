import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { type Answer, IDLE_MS, SocketConnection, STALLED_READER_MS } from './socket-connection';

/** A socket whose client the test plays. */
class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readyState = this.OPEN;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  /** Frames that the client does not read. */
  isStalled = false;
  close = jest.fn(() => void (this.readyState = this.CLOSING));
  ping = jest.fn();
  pong = jest.fn();
  terminate = jest.fn(() => void this.emit('close', 1006));

  send(frame: string, written?: (error?: Error) => void): void {
    this.sent.push(frame);
    if (!this.isStalled) queueMicrotask(() => written?.());
    else this.once('close', () => written?.(new Error('closed')));
  }

  says(text: string): void {
    this.emit('message', Buffer.from(text), false);
  }
}

describe('SocketConnection', () => {
  let socket: FakeSocket;
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    jest.useFakeTimers();
    socket = new FakeSocket();
  });
  afterEach(() => jest.useRealTimers());

  const connect = (answer: Answer = echo): SocketConnection =>
    new SocketConnection(socket as unknown as WebSocket, answer, 'of-the-spec');

  async function* echo(message: string): AsyncGenerator<string> {
    yield `re: ${message}`;
  }

  describe('without requests', () => {
    it('is closed after 10 minutes, counted from the last answer', async () => {
      connect();
      await jest.advanceTimersByTimeAsync(IDLE_MS - 1);
      socket.says('a');
      await jest.advanceTimersByTimeAsync(0);
      await jest.advanceTimersByTimeAsync(IDLE_MS - 1);
      expect([socket.sent, socket.close.mock.calls]).toEqual([['re: a'], []]);
      await jest.advanceTimersByTimeAsync(1);
      expect(socket.close.mock.calls).toEqual([[1001, 'idle']]);
      socket.says('too late');
      await jest.advanceTimersByTimeAsync(0);
      expect(socket.sent).toEqual(['re: a']);
    });

    it('is not idle while one is answered', async () => {
      let finish!: () => void;
      connect(async function* () {
        await new Promise<void>((resolve) => (finish = resolve));
        yield 'at last';
      });
      socket.says('a');
      await jest.advanceTimersByTimeAsync(2 * IDLE_MS);
      expect(socket.close).not.toHaveBeenCalled();
      finish();
      await jest.advanceTimersByTimeAsync(0);
      expect(socket.sent).toEqual(['at last']);
    });
  });

  describe('pings', () => {
    it('and gives a client up that answers none of two', () => {
      const connection = connect();
      connection.beat();
      connection.beat();
      expect([socket.ping.mock.calls.length, socket.terminate.mock.calls.length]).toEqual([2, 0]);
      connection.beat();
      expect(socket.terminate).toHaveBeenCalledTimes(1);
    });

    it('and keeps a client that answers', () => {
      const connection = connect();
      for (let beats = 0; beats < 10; beats++) {
        connection.beat();
        socket.emit('pong');
      }
      expect(socket.terminate).not.toHaveBeenCalled();
    });

    it('are answered, but not without end to a client that reads nothing', () => {
      connect();
      socket.emit('ping', Buffer.from('a'));
      expect(socket.pong.mock.calls).toEqual([[Buffer.from('a')]]);
      socket.bufferedAmount = 1024 ** 2 + 1;
      socket.emit('ping', Buffer.from('b'));
      expect([socket.pong.mock.calls.length, socket.terminate.mock.calls.length]).toEqual([1, 1]);
    });
  });

  describe('to a client that does not read', () => {
    it('sends no second frame, and drops it after 30 seconds', async () => {
      const ended = jest.fn();
      connect(async function* () {
        try {
          yield 'one';
          yield 'two';
        } finally {
          ended();
        }
      });
      socket.isStalled = true;
      socket.says('a');
      await jest.advanceTimersByTimeAsync(STALLED_READER_MS - 1);
      expect([socket.sent, socket.terminate.mock.calls.length]).toEqual([['one'], 0]);
      await jest.advanceTimersByTimeAsync(1);
      expect([socket.sent, socket.terminate.mock.calls.length, ended.mock.calls.length]).toEqual([
        ['one'],
        1,
        1,
      ]);
    });
  });

  it('says of a fault of its own no more than that there was one', async () => {
    connect(async function* () {
      yield 'one';
      throw new Error('the secret of the server');
    });
    socket.says('a');
    socket.says('b');
    await jest.advanceTimersByTimeAsync(0);
    const [one, error, ...others] = socket.sent;
    expect([one, JSON.parse(error!), others]).toEqual([
      'one',
      {
        code: 'internal',
        error: 'Something went wrong on the server.',
        message: 'Something went wrong on the server.',
        request_id: 'of-the-spec',
      },
      [],
    ]);
    expect(socket.close.mock.calls).toEqual([[1011, 'internal']]);
  });
});

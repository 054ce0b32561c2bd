import { ReplyStream } from './reply-stream.js';
import { collect } from './testing/bytes.js';

async function* reply(fault?: Error): AsyncGenerator<string, number, undefined> {
  yield 'a';
  yield 'b';
  if (fault !== undefined) throw fault;
  return 2;
}

describe('ReplyStream', () => {
  it('gives its events, and then what they came to', async () => {
    const stream = new ReplyStream(reply());

    expect(await collect(stream)).toEqual(['a', 'b']);
    expect(await stream.result()).toBe(2);
    expect(await stream.result()).toBe(2);
  });

  it('reads by itself what nobody has read', async () => {
    expect(await new ReplyStream(reply()).result()).toBe(2);
  });

  it('fails alike for who iterates and for who asks for the result', async () => {
    const fault = new Error('broken');
    const stream = new ReplyStream(reply(fault));

    await expect(collect(stream)).rejects.toBe(fault);
    await expect(stream.result()).rejects.toBe(fault);
  });

  it('has no result where it was left', async () => {
    const stream = new ReplyStream(reply());
    for await (const _ of stream) break;

    await expect(stream.result()).rejects.toThrow('left before its end');
  });
});

import { ChatBodyPipe, isCompletion } from './chat-body.pipe';

const MESSAGES = [{ role: 'user', content: 'hi' }];

describe('ChatBodyPipe', () => {
  const pipe = new ChatBodyPipe();

  it('takes a body with messages for a completion, as it came', async () => {
    const messages = [JSON.parse('{"__proto__":{"a":1},"constructor":{"b":2},"n":12345678901234567890}')];
    const request = await pipe.transform({ messages, temperature: 1 });
    expect(isCompletion(request)).toBe(true);
    expect(isCompletion(request) && request.messages).toBe(messages);
  });

  it('takes one with a message for a turn', async () => {
    const request = await pipe.transform({ message: 'hi', conversation_id: null });
    expect(isCompletion(request)).toBe(false);
    expect(request).toMatchObject({ message: 'hi', conversation_id: null });
  });

  it.each([
    [{}, ['message']],
    [{ message: 'hi', messages: MESSAGES }, ['messages']],
    [{ message: null, messages: null }, ['messages']],
    [{ messages: undefined }, ['messages']],
    [{ messages: MESSAGES, conversation_id: 1 }, ['conversation_id']],
    [{ message: 'hi', temperature: 1 }, ['temperature']],
    [{ messages: MESSAGES, stream: true }, ['stream']],
  ])('refuses %j', async (body, path) => {
    await expect(pipe.transform(body)).rejects.toMatchObject({
      code: 'validation_failed',
      details: expect.arrayContaining([expect.objectContaining({ path })]),
    });
  });
});

import { EventRecorder } from './event-recorder';
import { makingOfResponse } from './making';
import type { MadeObject } from '../models/upstream-object';

const frame = (event: object) => `event: x\ndata: ${JSON.stringify(event)}\n\n`;
const CREATED = frame({ type: 'response.created', response: { id: 'resp_1', output: [] } });
const DELTA = frame({ type: 'response.output_text.delta', delta: 'the "response": you wanted' });
const COMPLETED = frame({
  type: 'response.completed',
  response: { id: 'resp_1', output: [{ id: 'msg_1', type: 'message' }] },
});

describe('EventRecorder', () => {
  const recorded: string[][] = [];
  const record = (made: MadeObject[]): Promise<void> => {
    recorded.push(made.map(({ id }) => id));
    return Promise.resolve();
  };
  const recorder = () => new EventRecorder(makingOfResponse({ isStored: true }).ofEvents, record);
  beforeEach(() => void recorded.splice(0));

  it('records each object once, as soon as an event tells of it', async () => {
    const one = recorder();
    for (const events of [CREATED + DELTA, DELTA, CREATED, COMPLETED]) await one.before(Buffer.from(events));
    expect(recorded).toEqual([['resp_1'], ['msg_1']]);
  });

  it('holds up nothing that tells of nothing new', () => {
    const one = recorder();
    expect(one.before(Buffer.from(DELTA))).toBeUndefined();
    expect(one.before(Buffer.from(CREATED))).toBeInstanceOf(Promise);
    expect(one.before(Buffer.from(CREATED))).toBeUndefined();
  });

  it.each([
    ['data: {"response":\n\n'],
    [': "response":\n\n'],
    ['data: "response":\n\n'],
    ['data: null"response":\n\n'],
  ])('takes nothing from %j', (text) => expect(recorder().before(Buffer.from(text))).toBeUndefined());
});

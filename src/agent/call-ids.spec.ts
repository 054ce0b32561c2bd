import { randomUUID } from 'node:crypto';
import { makeCallId, toCallId } from './call-ids';

const NINE = /^[A-Za-z0-9]{9}$/;

describe('Call ids', () => {
  it('are nine letters and digits, each another', () => {
    const ids = Array.from({ length: 200 }, () => randomUUID()).flatMap((turnId) =>
      [1, 2, 11].flatMap((step) => [1, 2, 12].map((ordinal) => makeCallId(turnId, step, ordinal))),
    );
    for (const id of ids) expect(id).toMatch(NINE);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are the same for the same call', () => {
    expect(makeCallId('turn', 1, 2)).toBe(makeCallId('turn', 1, 2));
    expect(makeCallId('turn', 1, 12)).not.toBe(makeCallId('turn', 11, 2));
  });

  it.each(['call_173e6c9b_1_1', 'toolu_01A', 'functions.add_task:0', 'short', '', 'nine-char', 'AbC123xY_'])(
    'of the stored form %j become nine letters and digits, always the same',
    (stored) => {
      expect(toCallId(stored)).toMatch(NINE);
      expect(toCallId(stored)).toBe(toCallId(stored));
      expect(toCallId(stored)).not.toBe(toCallId(`${stored}1`));
    },
  );

  it('stay as they are where they have nine letters and digits', () => {
    expect(toCallId('AbC123xYz')).toBe('AbC123xYz');
  });
});

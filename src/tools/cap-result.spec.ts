import fc from 'fast-check';
import { capResult, LARGEST_RESULT_BYTES } from './cap-result';

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('capResult', () => {
  it('leaves what fits as it is', () => {
    const result = { tasks: [{ id: 1, title: 'Buy milk' }], total: 1 };
    expect(capResult(result)).toEqual(result);
  });

  it('fits to the byte', () => {
    const exact = { text: 'a'.repeat(LARGEST_RESULT_BYTES - bytesOf({ text: '' })) };
    expect(capResult(exact)).toEqual(exact);
    expect(capResult({ text: `${exact.text}a` })).toMatchObject({ truncated: true });
  });

  it('keeps as many whole items of a list as fit, and says how many there are', () => {
    const tasks = Array.from({ length: 100 }, (_, index) => ({ id: index, title: 'é'.repeat(200) }));
    const capped = capResult({ tasks, total: 100 }) as { tasks: unknown[]; total: number; truncated: true };
    expect(capped).toEqual({ tasks: tasks.slice(0, capped.tasks.length), total: 100, truncated: true });
    expect(bytesOf(capped)).toBeLessThanOrEqual(LARGEST_RESULT_BYTES);
    expect(
      bytesOf({ ...capped, tasks: tasks.slice(0, capped.tasks.length + 1), truncated: true }),
    ).toBeGreaterThan(LARGEST_RESULT_BYTES);
  });

  it('cuts long texts where there is one thing only', () => {
    const task = { id: 7, title: 'Notes', description: '\u0001'.repeat(2000) };
    const capped = capResult({ task }) as { task: typeof task; truncated: true };
    expect(capped.task.description).toMatch(/^\u0001{999}…$/);
    expect(capped.task).toMatchObject({ id: 7, title: 'Notes' });
    expect(capped.truncated).toBe(true);
  });

  it('cuts no character in half', () => {
    const capped = capResult({ text: `a${'😀'.repeat(5000)}` }) as { text: string };
    expect(capped.text.isWellFormed()).toBe(true);
  });

  it('always gives JSON that fits', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    const json = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, text, fc.integer(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 30 }),
      object: fc.dictionary(text, tie('value'), { maxKeys: 10 }),
    })).value;
    fc.assert(
      fc.property(json, fc.integer({ min: 30, max: 2000 }), (result, largest) => {
        const capped = capResult(result, largest);
        expect(bytesOf(capped)).toBeLessThanOrEqual(largest);
        expect(JSON.parse(JSON.stringify(capped))).toEqual(capped);
        if (bytesOf(result) > largest) expect(capped).toMatchObject({ truncated: true });
      }),
      { numRuns: 300 },
    );
  });
});

import fc from 'fast-check';
import { AppError } from '../../common/app-error';
import { AnswerRecorder } from './answer-recorder';
import { MOST_ANSWER_BYTES } from './answer-store';

const BROKEN = new AppError('upstream_error', 'The provider failed.');

function record() {
  const told: string[] = [];
  const answers: Buffer[] = [];
  const recorder = new AnswerRecorder(
    {
      onBytes: (chunk) => told.push(chunk.toString('latin1')),
      onEnd: () => told.push('end'),
      onBroken: ({ code }) => told.push(code),
    },
    (answer) => {
      told.push('kept');
      answers.push(answer);
    },
  );
  return { recorder, told, answers };
}

describe('AnswerRecorder', () => {
  it('hands on what comes, as it comes, and then tells of the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (chunks) => {
        const { recorder, told, answers } = record();
        for (const chunk of chunks) recorder.onBytes(Buffer.from(chunk));
        recorder.onEnd();
        const came = chunks.map((chunk) => Buffer.from(chunk));
        expect(told).toEqual([...came.map((chunk) => chunk.toString('latin1')), 'end', 'kept']);
        expect(answers).toEqual([Buffer.concat(came)]);
      }),
    );
  });

  it.each([
    [MOST_ANSWER_BYTES, 1],
    [MOST_ANSWER_BYTES + 1, 0],
  ])('of %d bytes tells %d time', (bytes, times) => {
    const { recorder, told, answers } = record();
    recorder.onBytes(Buffer.alloc(bytes - 5));
    recorder.onBytes(Buffer.alloc(5));
    recorder.onEnd();
    expect([told.includes('end'), answers.length]).toEqual([true, times]);
  });

  it('tells nothing of one that broke', () => {
    const { recorder, told } = record();
    recorder.onBytes(Buffer.from('a'));
    recorder.onBroken(BROKEN);
    expect(told).toEqual(['a', 'upstream_error']);
  });
});

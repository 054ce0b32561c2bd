import type { AppError } from '../../common/app-error';
import type { ByteSink } from '../call-attempt';
import { MOST_ANSWER_BYTES } from './answer-store';

/** Hands an answer on as it comes, and keeps a copy of one that is not too long. */
export class AnswerRecorder implements ByteSink {
  private copy: Buffer[] | undefined = [];
  private copiedBytes = 0;

  /** @param onWhole called right after the sink, in the same tick */
  constructor(
    private readonly sink: ByteSink,
    private readonly onWhole: (answer: Buffer) => void,
  ) {}

  onBytes(chunk: Buffer): void {
    this.copiedBytes += chunk.length;
    if (this.copiedBytes > MOST_ANSWER_BYTES) this.copy = undefined;
    this.copy?.push(chunk);
    this.sink.onBytes(chunk);
  }

  onEnd(): void {
    this.sink.onEnd();
    if (this.copy !== undefined) this.onWhole(joined(this.copy, this.copiedBytes));
  }

  onBroken(error: AppError): void {
    this.copy = undefined;
    this.sink.onBroken(error);
  }
}

/** In memory of its own: small buffers share slabs, and each that is kept would keep one. */
function joined(chunks: readonly Buffer[], length: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(whole, at);
  return whole;
}

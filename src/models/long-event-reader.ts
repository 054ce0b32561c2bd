import { JsonOutlineReader } from '../common/json-outline';
import type { ProviderEvent } from './provider-events';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const DATA = 'data:';

/** Reads the outline of an event that is too long to be kept, such as one with a picture in it. */
export class LongEventReader {
  private readonly json = new JsonOutlineReader();
  /** The first bytes of the line being read, until they tell whether it is data. */
  private lineStart = '';
  private isDataLine: boolean | undefined;

  add(part: Buffer): void {
    let at = 0;
    while (at < part.length) {
      if (this.isDataLine === undefined) at = this.readLineStart(part, at);
      else at = this.readLine(part, at);
    }
  }

  /** What has come so far. */
  get outline(): ProviderEvent | undefined {
    return this.json.outline;
  }

  private readLineStart(part: Buffer, at: number): number {
    if (isLineBreak(part[at]!)) {
      this.lineStart = '';
      return at + 1;
    }
    this.lineStart += String.fromCharCode(part[at]!);
    if (!DATA.startsWith(this.lineStart)) this.isDataLine = false;
    else if (this.lineStart === DATA) this.isDataLine = true;
    return at + 1;
  }

  private readLine(part: Buffer, start: number): number {
    const ends = [part.indexOf(LINE_FEED, start), part.indexOf(CARRIAGE_RETURN, start)].filter(
      (at) => at >= 0,
    );
    const end = Math.min(part.length, ...ends);
    if (this.isDataLine === true) this.json.add(part.subarray(start, end));
    if (ends.length > 0) {
      this.isDataLine = undefined;
      this.lineStart = '';
    }
    return end;
  }
}

const isLineBreak = (byte: number): boolean => byte === LINE_FEED || byte === CARRIAGE_RETURN;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LONGEST_FRAME_BYTES = 1024 * 1024;

/** A frame beyond every bound. */
export class FrameTooLongError extends Error {}

/**
 * Cuts a stream of server-sent events where events end, without reading them: what it gives back is whole events, and
 * put together it is what came in. Lines end with LF or CRLF, also across chunks.
 */
export class SseFrames {
  private pieces: Buffer[] = [];
  private size = 0;
  /** Of the line that the last chunk ended in. */
  private lineBytes = 0;
  private isLineOneCr = false;

  /**
   * @returns the events that this chunk completes, as one piece; undefined where it completes none
   * @throws FrameTooLongError
   */
  push(chunk: Buffer): Buffer | undefined {
    const end = this.findLastEnd(chunk);
    if (end === 0) {
      this.keep(chunk);
      return undefined;
    }
    const complete = end === chunk.length ? chunk : chunk.subarray(0, end);
    const whole = this.pieces.length === 0 ? complete : Buffer.concat([...this.pieces, complete]);
    if (whole.length > LONGEST_FRAME_BYTES) splitFrames(whole).forEach(({ length }) => assertShort(length));
    this.pieces = [];
    this.size = 0;
    if (end < chunk.length) this.keep(chunk.subarray(end));
    return whole;
  }

  /** What came after the last event's end: an event without its blank line, or part of one. */
  rest(): Buffer {
    return Buffer.concat(this.pieces);
  }

  private keep(piece: Buffer): void {
    this.size += piece.length;
    assertShort(this.size);
    this.pieces.push(piece);
  }

  /** The index after the last blank line; 0 where there is none. */
  private findLastEnd(chunk: Buffer): number {
    let end = 0;
    let lineStart = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, lineStart)) {
      const length = at - lineStart;
      const isBlank =
        this.lineBytes === 0
          ? length === 0 || (length === 1 && chunk[lineStart] === CARRIAGE_RETURN)
          : this.isLineOneCr && length === 0;
      this.lineBytes = 0;
      this.isLineOneCr = false;
      lineStart = at + 1;
      if (isBlank) end = lineStart;
    }
    const left = chunk.length - lineStart;
    this.isLineOneCr = this.lineBytes === 0 && left === 1 && chunk[lineStart] === CARRIAGE_RETURN;
    this.lineBytes += left;
    return end;
  }
}

function assertShort(frameBytes: number): void {
  if (frameBytes > LONGEST_FRAME_BYTES) throw new FrameTooLongError('an event longer than 1 MiB');
}

/** Whole events, one by one, each with its blank line. */
export function splitFrames(events: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  let frameStart = 0;
  let lineStart = 0;
  for (let at = events.indexOf(LINE_FEED); at >= 0; at = events.indexOf(LINE_FEED, lineStart)) {
    const length = at - lineStart;
    lineStart = at + 1;
    if (length > 1 || (length === 1 && events[at - 1] !== CARRIAGE_RETURN)) continue;
    frames.push(events.subarray(frameStart, lineStart));
    frameStart = lineStart;
  }
  if (frameStart < events.length) frames.push(events.subarray(frameStart));
  return frames;
}

const DATA = Buffer.from('data:');
const SPACE = 0x20;

/** An event's data, its lines joined; undefined where it has none, as a comment has. */
export function dataOf(frame: Buffer): string | undefined {
  return dataOfOneLine(frame) ?? dataOfLines(frame);
}

/** Nearly every event is one line of data and a blank one: it is read without being taken apart. */
function dataOfOneLine(frame: Buffer): string | undefined {
  const end = frame.indexOf(LINE_FEED);
  const isOneLine = end > 0 && end === frame.length - 2 && frame[end - 1] !== CARRIAGE_RETURN;
  if (!isOneLine || frame.compare(DATA, 0, DATA.length, 0, DATA.length) !== 0) return undefined;
  return frame.toString('utf8', frame[DATA.length] === SPACE ? DATA.length + 1 : DATA.length, end);
}

function dataOfLines(frame: Buffer): string | undefined {
  const lines = frame
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5));
  return lines.length === 0 ? undefined : lines.join('\n');
}

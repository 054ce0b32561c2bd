import { ByteCollector } from './byte-collector';

/**
 * Server-sent events as the WHATWG defines them (https://html.spec.whatwg.org/multipage/server-sent-events.html):
 * lines end with LF, CRLF or CR, a line that begins with a colon is a comment, an event without data is no event.
 */

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const BLANK_LINE = Buffer.from('\n\n');
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export interface EventListener {
  /** One or more whole events, exactly as they came. */
  onEvents(events: Buffer): void;
  /** A part of an event that is longer than `maxEventBytes`, exactly as it came. */
  onLongEventPart(part: Buffer, isLast: boolean): void;
}

/**
 * Cuts a stream where its events end, without reading them: the pieces that it hands on, put together, are the bytes
 * that came in. Events up to `maxEventBytes` are handed on whole. A longer one is handed on in parts as it comes.
 */
export class EventStreamSplitter {
  private readonly lines = new LineReader();
  private readonly kept = new ByteCollector();
  private isInLongEvent = false;

  constructor(
    private readonly listener: EventListener,
    private readonly maxEventBytes: number,
  ) {}

  /** About as many as events have come. */
  get blankLines(): number {
    return this.lines.blankLines;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    if (this.isInLongEvent) {
      const firstEnd = this.lines.findFirstBlank(chunk);
      if (firstEnd === 0) {
        this.listener.onLongEventPart(chunk, false);
        return;
      }
      this.isInLongEvent = false;
      this.listener.onLongEventPart(chunk.subarray(0, firstEnd), true);
      rest = chunk.subarray(firstEnd);
    }
    this.pushWhole(rest);
  }

  /** The stream is over: hands on a last event that lacks its blank line. */
  finish(): void {
    if (this.isInLongEvent) this.listener.onLongEventPart(Buffer.alloc(0), true);
    else if (this.kept.bytes > 0) this.listener.onEvents(this.kept.take());
  }

  private pushWhole(chunk: Buffer): void {
    const lastEnd = this.lines.findLastBlank(chunk);
    if (lastEnd > 0) this.handOn(lastEnd === chunk.length ? chunk : chunk.subarray(0, lastEnd));
    if (lastEnd < chunk.length) this.keep(lastEnd === 0 ? chunk : chunk.subarray(lastEnd));
  }

  private handOn(complete: Buffer): void {
    if (this.kept.bytes === 0) {
      this.listener.onEvents(complete);
      return;
    }
    this.kept.push(complete);
    this.listener.onEvents(this.kept.take());
  }

  private keep(piece: Buffer): void {
    this.kept.push(piece);
    if (this.kept.bytes <= this.maxEventBytes) return;
    this.isInLongEvent = true;
    this.listener.onLongEventPart(this.kept.take(), false);
  }
}

/** Finds blank lines in a stream that comes in chunks. */
class LineReader {
  blankLines = 0;
  /** Of the line that the last chunk ended in. */
  private lineBytes = 0;
  private wasCarriageReturn = false;

  /** @returns the index after the last blank line; 0 without one */
  findLastBlank(chunk: Buffer): number {
    return endsWithBlankLine(chunk) ? this.skipWholeEvents(chunk) : this.scan(chunk, false);
  }

  /** @returns the index after the first blank line, where reading is to go on; 0 without one */
  findFirstBlank(chunk: Buffer): number {
    return this.scan(chunk, true);
  }

  /** Nearly every chunk: its lines need not be looked at. */
  private skipWholeEvents(chunk: Buffer): number {
    const last = chunk.length - BLANK_LINE.length;
    const beginsBlank = chunk[0] === LINE_FEED && this.lineBytes === 0 && !this.wasCarriageReturn;
    this.blankLines += beginsBlank ? 2 : 1;
    for (let at = chunk.indexOf(BLANK_LINE); at < last; at = chunk.indexOf(BLANK_LINE, at + 1)) {
      this.blankLines++;
    }
    this.lineBytes = 0;
    this.wasCarriageReturn = false;
    return chunk.length;
  }

  /** @param ends gets the index after every blank line */
  scan(chunk: Buffer, isFirstWanted: boolean, ends?: number[]): number {
    let blankEnd = 0;
    let lineStart = this.wasCarriageReturn && chunk[0] === LINE_FEED ? 1 : 0;
    if (chunk.length > 0) this.wasCarriageReturn = false;
    let nextCr = chunk.indexOf(CARRIAGE_RETURN, lineStart);
    let nextLf = chunk.indexOf(LINE_FEED, lineStart);
    while (nextCr >= 0 || nextLf >= 0) {
      const isCr = nextCr >= 0 && (nextLf < 0 || nextCr < nextLf);
      const lineEnd = isCr ? nextCr : nextLf;
      const isCrLf = isCr && nextLf === lineEnd + 1;
      const isBlank = lineEnd === lineStart && this.lineBytes === 0;
      lineStart = isCrLf ? lineEnd + 2 : lineEnd + 1;
      this.lineBytes = 0;
      if (isCr) nextCr = chunk.indexOf(CARRIAGE_RETURN, lineStart);
      if (!isCr || isCrLf) nextLf = chunk.indexOf(LINE_FEED, lineStart);
      // Its LF may be the first byte of the next chunk.
      this.wasCarriageReturn = isCr && !isCrLf && lineStart === chunk.length;
      if (!isBlank) continue;
      blankEnd = lineStart;
      ends?.push(blankEnd);
      this.blankLines++;
      if (isFirstWanted) return blankEnd;
    }
    this.lineBytes += chunk.length - lineStart;
    return blankEnd;
  }
}

const endsWithBlankLine = (bytes: Buffer): boolean =>
  bytes[bytes.length - 1] === LINE_FEED && bytes[bytes.length - 2] === LINE_FEED;

/** Whole events, one by one, each with the blank line that ends it. */
export function splitEvents(events: Buffer): Buffer[] {
  return isOneEvent(events) ? [events] : [...eachEvent(events)];
}

/** Whether that is certain at a glance: false for events whose lines end with CR. */
const isOneEvent = (events: Buffer): boolean =>
  events[0] !== LINE_FEED &&
  events.indexOf(BLANK_LINE) === events.length - BLANK_LINE.length &&
  !events.includes(CARRIAGE_RETURN);

/** The same for a reader that may not need them all. */
export function* eachEvent(events: Buffer): Generator<Buffer, void> {
  const findEnd = events.includes(CARRIAGE_RETURN) ? blankLineFinder(events) : endAfterLineFeeds;
  let start = 0;
  for (let end = findEnd(events, 0); end > 0; end = findEnd(events, start)) {
    yield events.subarray(start, end);
    start = end;
  }
  if (start < events.length) yield events.subarray(start);
}

/** @returns the index after the next blank line, where only LF ends lines; 0 without one */
function endAfterLineFeeds(events: Buffer, start: number): number {
  let lineStart = start;
  for (let at = events.indexOf(LINE_FEED, start); at >= 0; at = events.indexOf(LINE_FEED, lineStart)) {
    if (at === lineStart) return at + 1;
    lineStart = at + 1;
  }
  return 0;
}

/** One pass over all of it: a search from each event on would read the rest again and again. */
function blankLineFinder(events: Buffer): (events: Buffer, start: number) => number {
  const ends: number[] = [];
  new LineReader().scan(events, false, ends);
  let next = 0;
  return () => ends[next++] ?? 0;
}

const DATA = 'data:';
const DATA_BYTES = Buffer.from(DATA);

/** An event's data, its lines joined; undefined without any, as in a comment or an empty event. */
export function dataOf(event: Buffer): string | undefined {
  const data = dataOfOneLine(event) ?? readFields(event).data;
  return data === '' ? undefined : data;
}

/** The name an event gives itself in its field `event`. */
export function eventNameOf(event: Buffer): string | undefined {
  return readFields(event).event;
}

/** Nearly every event is one line of data and a blank one: it is read without being taken apart. */
function dataOfOneLine(event: Buffer): string | undefined {
  if (!endsWithBlankLine(event) || !DATA_BYTES.every((byte, at) => event[at] === byte)) return undefined;
  const start = event[DATA.length] === SPACE ? DATA.length + 1 : DATA.length;
  // Naming the encoding would cost a look-up for each event.
  const data = event.toString(undefined, start, event.length - BLANK_LINE.length);
  return data.includes('\n') || data.includes('\r') ? undefined : data;
}

function readFields(event: Buffer): { data?: string; event?: string } {
  const fields: { data?: string; event?: string } = {};
  const hasMark = event.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const text = event.toString('utf8', hasMark ? BYTE_ORDER_MARK.length : 0);
  for (const line of text.split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    if (name !== 'data' && name !== 'event') continue;
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    const before = name === 'data' ? fields.data : undefined;
    fields[name] = before === undefined ? value : `${before}\n${value}`;
  }
  return fields;
}

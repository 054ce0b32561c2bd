import { ByteCollector } from '../common/byte-collector';
import { eachEvent, EventStreamSplitter, splitEvents } from '../common/event-stream';
import { JsonOutlineReader } from '../common/json-outline';
import type { TokenUsage } from '../usage/usage.types';
import { LongEventReader } from './long-event-reader';
import { END_OF_STREAM, type ProviderEvent, readEvent } from './provider-events';
import { usageOf } from './token-usage';

/** Answers and events up to this long are parsed whole; of longer ones only an outline is read. */
const MAX_PARSED_BYTES = 256 * 1024;
/** How much of a stream may wait to be searched for usage. */
const MAX_UNREAD_BYTES = 64 * 1024;
/** What an event of a stream holds beside its text, about. */
const ENVELOPE_BYTES = 300;
const BYTES_PER_TOKEN = 4;

const MODEL_NAME = /^[^"\\]{1,100}$/;
const USAGE = Buffer.from('"usage"');
const DATA = Buffer.from('data:');
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;

/** What an answer says of its cost. */
export interface ReportedUsage {
  usage: TokenUsage | undefined;
  /** As the provider names the model that answered. */
  model: string | undefined;
}

/** Reads the token usage of an answer that passes by. It keeps a bounded part of it, however long it is. */
export interface UsageReader {
  add(chunk: Buffer): void;
  /** To be called once, when no more comes; the answer may have broken off. */
  read(): ReportedUsage;
  /** The whole answer, where it was JSON and short enough to be parsed; set by `read`. */
  readonly answer?: ProviderEvent | undefined;
  /** Tokens of an answer whose usage never came: about one an event, more where events are long. */
  estimateOutputTokens(): number;
}

/**
 * @param contentType of the answer
 * @param beginning its first bytes, which tell JSON from events where the content type does not
 */
export function usageReaderFor(contentType: string, beginning: Buffer): UsageReader {
  const named = /^(?:text\/event-stream|application\/json)\b/i.exec(contentType)?.[0].toLowerCase();
  const isJson = named === undefined ? looksLikeJson(beginning) : named === 'application/json';
  return isJson ? new JsonUsageReader() : new EventUsageReader();
}

const looksLikeJson = (beginning: Buffer): boolean => beginning[skipWhiteSpace(beginning, 0)] === OPEN_OBJECT;

/** For an answer that is one JSON object. */
export class JsonUsageReader implements UsageReader {
  answer: ProviderEvent | undefined;
  private kept: ByteCollector | undefined = new ByteCollector();
  private bytes = 0;
  private outline: JsonOutlineReader | undefined;
  private whole: Buffer | undefined;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.outline !== undefined) {
      this.outline.add(chunk);
      return;
    }
    this.kept?.push(chunk);
    if (this.bytes > MAX_PARSED_BYTES) this.readOutline();
  }

  read(): ReportedUsage {
    this.answer = this.parse();
    const answer = this.answer ?? this.readOutline();
    return { usage: usageOf(answer), model: modelOf(answer) };
  }

  estimateOutputTokens(): number {
    return Math.ceil(this.bytes / BYTES_PER_TOKEN);
  }

  private parse(): ProviderEvent | undefined {
    if (this.kept === undefined) return undefined;
    this.whole = this.kept.take();
    try {
      const answer: unknown = JSON.parse(this.whole.toString('utf8'));
      const isObject = answer !== null && typeof answer === 'object' && !Array.isArray(answer);
      return isObject ? (answer as ProviderEvent) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Of what has come so far; from here on nothing is kept. */
  private readOutline(): ProviderEvent | undefined {
    if (this.outline === undefined) {
      this.outline = new JsonOutlineReader();
      this.outline.add(this.whole ?? this.kept?.take() ?? Buffer.alloc(0));
      this.kept = undefined;
    }
    return this.outline.outline;
  }
}

/** For an answer that comes as server-sent events. */
export class EventUsageReader implements UsageReader {
  private readonly events = new EventStreamSplitter(
    {
      onEvents: (events) => this.takeEvents(events),
      onLongEventPart: (part, isLast) => this.readLongEvent(part, isLast),
    },
    MAX_PARSED_BYTES,
  );
  private bytes = 0;
  /** Events that were not searched for usage yet: it is nearly always in the last one. */
  private unread: Buffer[] = [];
  private unreadBytes = 0;
  private usage: TokenUsage | undefined;
  private model: string | undefined;
  private longEvent: LongEventReader | undefined;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.events.push(chunk);
  }

  read(): ReportedUsage {
    this.events.finish();
    this.searchUnread();
    return { usage: this.usage, model: this.model };
  }

  estimateOutputTokens(): number {
    const events = this.events.blankLines;
    const textBytes = Math.max(0, this.bytes - events * ENVELOPE_BYTES);
    return Math.max(events, Math.ceil(textBytes / BYTES_PER_TOKEN));
  }

  private takeEvents(events: Buffer): void {
    if (this.model === undefined) {
      for (const event of eachEvent(events)) {
        this.model = modelOf(parseEvent(event));
        if (this.model !== undefined) break;
      }
    }
    this.unread.push(events);
    this.unreadBytes += events.length;
    if (this.unreadBytes > MAX_UNREAD_BYTES) this.searchUnread();
  }

  /** From the end: the last report counts, for some providers report with each event what has been used so far. */
  private searchUnread(): void {
    const { unread } = this;
    this.unread = [];
    this.unreadBytes = 0;
    for (const events of unread.reverse()) {
      const usage = lastUsageIn(events);
      if (usage === undefined) continue;
      this.usage = usage;
      return;
    }
  }

  private readLongEvent(part: Buffer, isLast: boolean): void {
    this.longEvent ??= new LongEventReader();
    this.longEvent.add(part);
    if (!isLast) return;
    const { outline } = this.longEvent;
    this.longEvent = undefined;
    this.searchUnread();
    this.model ??= modelOf(outline);
    this.usage = usageOf(outline) ?? this.usage;
  }
}

/** From the end, each event parsed at most once. */
function lastUsageIn(events: Buffer): TokenUsage | undefined {
  if (!mayHoldUsage(events)) return undefined;
  for (const event of splitEvents(events).reverse()) {
    const usage = mayHoldUsage(event) ? usageOf(parseEvent(event)) : undefined;
    if (usage !== undefined) return usage;
  }
  return undefined;
}

/** Whether `"usage"` is the name of an object there. In text its quotes would be escaped. */
function mayHoldUsage(events: Buffer): boolean {
  for (let at = events.lastIndexOf(USAGE); at >= 0; at = at === 0 ? -1 : events.lastIndexOf(USAGE, at - 1)) {
    const colon = skipWhiteSpace(events, at + USAGE.length);
    if (events[colon] === COLON && isObjectOrData(events, skipWhiteSpace(events, colon + 1))) return true;
  }
  return false;
}

/** Also where the line ends: an event's data may go on in the next one. */
const isObjectOrData = (events: Buffer, at: number): boolean =>
  events[at] === OPEN_OBJECT || DATA.equals(events.subarray(at, at + DATA.length));

function skipWhiteSpace(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! <= 0x20) at++;
  return at;
}

function parseEvent(event: Buffer): ProviderEvent | undefined {
  try {
    const read = readEvent(event);
    return read === END_OF_STREAM ? undefined : read;
  } catch {
    return undefined;
  }
}

function modelOf(answer: ProviderEvent | undefined): string | undefined {
  const nested = answer?.response as ProviderEvent | null | undefined;
  const model = answer?.model ?? nested?.model;
  return typeof model === 'string' && MODEL_NAME.test(model) ? model : undefined;
}

import { EventStreamSplitter, splitEvents } from '../common/event-stream';
import { JsonOutlineReader } from '../common/json-outline';
import type { TokenUsage } from '../usage/usage.types';
import { LongEventReader } from './long-event-reader';
import { END_OF_STREAM, type ProviderEvent, readEvent } from './provider-events';
import { usageOf } from './token-usage';

/** Answers and events up to this long are parsed whole; of longer ones only an outline is read. */
const MAX_PARSED_BYTES = 256 * 1024;
/** What an event of a stream holds beside its text, about. */
const ENVELOPE_BYTES = 300;
const BYTES_PER_TOKEN = 4;

const MODEL_NAME = /^[^"\\]{1,100}$/;
const USAGE = Buffer.from('"usage"');
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
  private kept: Buffer[] | undefined = [];
  private bytes = 0;
  private outline: JsonOutlineReader | undefined;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.kept?.push(chunk);
    if (this.bytes > MAX_PARSED_BYTES) this.readOutline();
    this.outline?.add(chunk);
  }

  read(): ReportedUsage {
    const answer = this.parse() ?? this.readOutline();
    return { usage: usageOf(answer), model: modelOf(answer) };
  }

  estimateOutputTokens(): number {
    return Math.ceil(this.bytes / BYTES_PER_TOKEN);
  }

  private parse(): ProviderEvent | undefined {
    if (this.kept === undefined) return undefined;
    try {
      const answer: unknown = JSON.parse(Buffer.concat(this.kept).toString('utf8'));
      return answer !== null && typeof answer === 'object' ? (answer as ProviderEvent) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Of what has come so far; from here on nothing is kept. */
  private readOutline(): ProviderEvent | undefined {
    const { kept } = this;
    if (kept !== undefined) {
      this.kept = undefined;
      this.outline = new JsonOutlineReader();
      for (const chunk of kept.slice(0, -1)) this.outline.add(chunk);
      if (this.bytes <= MAX_PARSED_BYTES) kept.slice(-1).forEach((chunk) => this.outline!.add(chunk));
    }
    return this.outline?.outline;
  }
}

/** For an answer that comes as server-sent events. */
export class EventUsageReader implements UsageReader {
  private readonly events = new EventStreamSplitter(
    {
      onEvents: (events) => this.readEvents(events),
      onLongEventPart: (part, isLast) => this.readLongEvent(part, isLast),
    },
    MAX_PARSED_BYTES,
  );
  private bytes = 0;
  private usage: TokenUsage | undefined;
  private model: string | undefined;
  private longEvent: LongEventReader | undefined;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.events.push(chunk);
  }

  read(): ReportedUsage {
    this.events.finish();
    return { usage: this.usage, model: this.model };
  }

  estimateOutputTokens(): number {
    const events = this.events.blankLines;
    const textBytes = Math.max(0, this.bytes - events * ENVELOPE_BYTES);
    return Math.max(events, Math.ceil(textBytes / BYTES_PER_TOKEN));
  }

  /** Events are parsed only until the model is known, and where they can hold usage. */
  private readEvents(events: Buffer): void {
    if (this.model !== undefined && !mayHoldUsage(events)) return;
    for (const event of splitEvents(events)) {
      if (this.model === undefined || mayHoldUsage(event)) this.readFields(parseEvent(event));
    }
  }

  private readLongEvent(part: Buffer, isLast: boolean): void {
    this.longEvent ??= new LongEventReader();
    this.longEvent.add(part);
    if (!isLast) return;
    this.readFields(this.longEvent.outline);
    this.longEvent = undefined;
  }

  private readFields(event: ProviderEvent | undefined): void {
    if (event === undefined) return;
    this.model ??= modelOf(event);
    // The last one counts: some providers report what has been used so far with each event.
    this.usage = usageOf(event) ?? this.usage;
  }
}

/** Whether `"usage"` stands there as the name of an object. In text its quotes would be escaped. */
function mayHoldUsage(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(USAGE); at >= 0; at = bytes.indexOf(USAGE, at + 1)) {
    const colon = skipWhiteSpace(bytes, at + USAGE.length);
    if (bytes[colon] === COLON && bytes[skipWhiteSpace(bytes, colon + 1)] === OPEN_OBJECT) return true;
  }
  return false;
}

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

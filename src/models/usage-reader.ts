import { dataOf, splitFrames } from '../common/event-stream';
import type { TokenUsage } from '../usage/usage.types';
import { toTokenUsage } from './token-usage';

/** Where every dialect's answer names its model, unless it quotes long instructions before. */
const HEAD_BYTES = 4 * 1024;
/** Where usage stands, at the end of an answer. */
const TAIL_BYTES = 8 * 1024;
/** The Responses API repeats the request's metadata after it: 16 pairs, in escapes up to 55 KB. */
export const RESPONSES_TAIL_BYTES = 64 * 1024;
/** What an event of a stream holds beside its text, about. */
const ENVELOPE_BYTES = 300;
const BYTES_PER_TOKEN = 4;

const LINE_FEED = 0x0a;
const USAGE = Buffer.from('"usage":');

/**
 * Reads from an answer that passes by what it cost: it looks at the first and the last bytes only, once. Text cannot be
 * taken for it, for quotes inside JSON strings are escaped; but a response also quotes its request's schemas, tools and
 * metadata, whose fields anyone can name. They come after its model and, in one that is whole, before its usage.
 */
export class UsageReader {
  /** Kept until the model is known. */
  private head: Buffer[] = [];
  private headBytes = 0;
  private model: string | undefined;
  private tail: Buffer[] = [];
  private tailBytes = 0;
  private bytes = 0;
  private lines = 0;

  constructor(private readonly mostTailBytes = TAIL_BYTES) {}

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) this.lines++;
    if (this.model === undefined && this.headBytes < HEAD_BYTES) this.readHead(chunk);
    this.tail.push(chunk);
    this.tailBytes += chunk.length;
    while (this.tailBytes - this.tail[0]!.length >= this.mostTailBytes)
      this.tailBytes -= this.tail.shift()!.length;
  }

  /** @param isWhole whether the answer came to its end */
  read(isWhole: boolean): { usage: TokenUsage | undefined; model: string | undefined } {
    const tail = Buffer.concat(this.tail);
    return {
      usage: isWhole ? lastUsage(tail) : usageOfEvents(tail),
      model: this.model,
    };
  }

  /** Tokens of an answer whose numbers never came: about one an event, more where events are long. */
  estimateOutputTokens(): number {
    const events = Math.ceil(this.lines / 2);
    const textBytes = Math.max(0, this.bytes - events * ENVELOPE_BYTES);
    return Math.max(events, Math.ceil(textBytes / BYTES_PER_TOKEN));
  }

  private readHead(chunk: Buffer): void {
    const piece = chunk.subarray(0, HEAD_BYTES - this.headBytes);
    this.head.push(piece);
    this.headBytes += piece.length;
    this.model = firstModel(Buffer.concat(this.head));
    if (this.model !== undefined) this.head = [];
  }
}

interface UsageEvent {
  usage?: unknown;
  response?: { usage?: unknown } | null;
}

/** Of a stream that broke off: only where an event has it in its own place. */
function usageOfEvents(tail: Buffer): TokenUsage | undefined {
  for (const frame of splitFrames(tail).reverse()) {
    const event = parse(dataOf(frame) ?? '') as UsageEvent | null | undefined;
    const usage = toTokenUsage(event?.usage ?? event?.response?.usage);
    if (usage !== undefined) return usage;
  }
  return undefined;
}

function lastUsage(tail: Buffer): TokenUsage | undefined {
  for (let at = tail.lastIndexOf(USAGE); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(USAGE, at - 1)) {
    const usage = toTokenUsage(objectAt(tail, at + USAGE.length));
    if (usage !== undefined) return usage;
  }
  return undefined;
}

/** The JSON object that begins here, after white space. Usage objects hold no strings with braces. */
function objectAt(bytes: Buffer, start: number): unknown {
  const text = bytes.toString('utf8', start, Math.min(bytes.length, start + 2000)).trimStart();
  if (!text.startsWith('{')) return undefined;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return parse(text.slice(0, at + 1));
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstModel(head: Buffer): string | undefined {
  return /"model":\s*"([^"\\]{1,100})"/.exec(head.toString('latin1'))?.[1];
}

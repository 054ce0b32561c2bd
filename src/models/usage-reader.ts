import type { TokenUsage } from '../usage/usage.types';
import { toTokenUsage } from './token-usage';

/** Where usage and model stand near the end of every dialect's answer; the Responses API has metadata after them. */
const TAIL_BYTES = 16 * 1024;
/** What an event of a stream holds beside its text, about. */
const ENVELOPE_BYTES = 300;
const BYTES_PER_TOKEN = 4;

const LINE_FEED = 0x0a;
const USAGE = Buffer.from('"usage":');

/**
 * Reads from an answer that passes by what it cost: it looks at the last bytes only, once. Text of a model or a user
 * cannot be taken for it, for quotes inside JSON strings are escaped.
 */
export class UsageReader {
  private tail: Buffer[] = [];
  private tailBytes = 0;
  private bytes = 0;
  private lines = 0;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) this.lines++;
    this.tail.push(chunk);
    this.tailBytes += chunk.length;
    while (this.tailBytes - this.tail[0]!.length >= TAIL_BYTES) this.tailBytes -= this.tail.shift()!.length;
  }

  get hasBegun(): boolean {
    return this.bytes > 0;
  }

  read(): { usage: TokenUsage | undefined; model: string | undefined } {
    const tail = Buffer.concat(this.tail);
    return { usage: lastUsage(tail), model: lastModel(tail) };
  }

  /** Tokens of an answer whose numbers never came: about one an event, more where events are long. */
  estimateOutputTokens(): number {
    const events = Math.ceil(this.lines / 2);
    const textBytes = Math.max(0, this.bytes - events * ENVELOPE_BYTES);
    return Math.max(events, Math.ceil(textBytes / BYTES_PER_TOKEN));
  }
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

function lastModel(tail: Buffer): string | undefined {
  const text = tail.toString('latin1');
  const at = text.lastIndexOf('"model":');
  return at < 0 ? undefined : /^"model":\s*"([^"\\]{1,100})"/.exec(text.slice(at, at + 150))?.[1];
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A stream that a provider sends, and its expected meaning. Each provider and reply has a file in
 * test/fixtures/providers.
 */
export interface ProviderReply {
  name: string;
  about: string;
  dialect: 'chat' | 'responses';
  bytes: Buffer;
  reply: {
    model: string;
    text?: string;
    finishReason?: string | null;
    toolCalls?: { name: string; arguments: object }[];
  };
  /** The fields that must go back to the provider with the assistant's message. */
  sendBack?: { message?: object; calls?: object[] };
  /** null: the provider reports no usage. */
  usage: { input: number; cached: number; output: number; reasoning: number } | null;
}

interface ReplyFile extends Omit<ProviderReply, 'name' | 'bytes'> {
  /** Each element becomes an event of one line. */
  events?: (object | string)[];
  /** Used instead of `events` if the bytes between and around events matter. */
  wire?: string[];
}

const FOLDER = join(__dirname, '../fixtures/providers');

export function providerReplies(): ProviderReply[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => read(file));
}

function read(file: string): ProviderReply {
  const { events = [], wire, ...reply } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as ReplyFile;
  const text =
    wire ?? events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
  return { ...reply, name: file.replace('.json', ''), bytes: Buffer.from(text.join('')) };
}

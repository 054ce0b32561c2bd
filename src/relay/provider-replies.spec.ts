import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { type ProviderReply, providerReplies } from '../../test/support/provider-replies';
import { EventStreamSplitter, splitEvents } from '../common/event-stream';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { END_OF_STREAM, readEvent } from '../models/provider-events';
import { ReplyAssembler } from '../models/reply-assembler';
import { usageReaderFor } from '../models/usage-reader';
import { type DeltaSummary, DeltaReader } from './delta-reader';
import { StreamRelay } from './stream-relay';

const HEAD = { status: 200, headers: { 'content-type': 'text/event-stream' } };
const MAX_EVENT_BYTES = 256 * 1024;

type Chunks = readonly Buffer[];

/** A call whose answer comes in these chunks. */
function callOf(chunks: Chunks): ForwardedCall {
  const flow = (sink: ByteSink): void => {
    chunks.forEach((chunk) => sink.onBytes(chunk));
    sink.onEnd();
  };
  const stop = (error: Error): never => {
    throw error;
  };
  return { model: 'asked', flow, stop, pause: () => undefined, resume: () => undefined } as never;
}

function readUsage(chunks: Chunks) {
  const reader = usageReaderFor('text/event-stream', Buffer.alloc(0));
  chunks.forEach((chunk) => reader.add(chunk));
  return reader.read();
}

function readEvents(chunks: Chunks): unknown[] {
  const events: unknown[] = [];
  const onEvents = (bytes: Buffer): void => void events.push(...splitEvents(bytes).map(readEvent));
  const splitter = new EventStreamSplitter({ onEvents, onLongEventPart: () => undefined }, MAX_EVENT_BYTES);
  chunks.forEach((chunk) => splitter.push(chunk));
  splitter.finish();
  return events.filter((event) => event !== undefined);
}

function readDeltas(chunks: Chunks): { text: string; summary?: DeltaSummary } {
  let text = '';
  let summary: DeltaSummary | undefined;
  new DeltaReader(callOf(chunks), {
    onDelta: (delta) => void (text += delta),
    onEnd: (end) => void (summary = end),
    onBroken: (error) => {
      throw error;
    },
  }).run(HEAD);
  return { text, summary };
}

function assemble(chunks: Chunks): ReplyAssembler {
  const assembler = new ReplyAssembler();
  for (const event of readEvents(chunks)) {
    if (event !== END_OF_STREAM) assembler.add(event as Record<string, unknown>);
  }
  return assembler;
}

async function relay(chunks: Chunks): Promise<Buffer> {
  const written: Buffer[] = [];
  const response = Object.assign(new PassThrough(), {
    headersSent: false,
    writeHead() {
      this.headersSent = true;
    },
    flushHeaders: () => undefined,
  });
  response.on('data', (chunk: Buffer) => written.push(chunk));
  await new StreamRelay(callOf(chunks), response as unknown as ServerResponse).run(HEAD);
  await new Promise((resolve) => response.once('end', resolve));
  return Buffer.concat(written);
}

const oneByOne = (bytes: Buffer): Chunks => [...bytes].map((byte) => Buffer.of(byte));
const cutAt = (bytes: Buffer, at: number): Chunks => [bytes.subarray(0, at), bytes.subarray(at)];

/** The ways in which a stream is cut: not at all, at every byte, and by chance. */
function waysToCut(bytes: Buffer): Chunks[] {
  const lengths = fc.array(fc.integer({ min: 1, max: bytes.length }), { minLength: 1, maxLength: 9 });
  const byChance = fc.sample(lengths, 3).map((pieces) => {
    const chunks: Buffer[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const end = at + pieces[turn % pieces.length]!;
      chunks.push(bytes.subarray(at, end));
      at = end;
    }
    return chunks;
  });
  return [[bytes], oneByOne(bytes), ...byChance];
}

const replies = providerReplies();
const named = (list: ProviderReply[]) => list.map((reply) => [reply.name, reply] as const);

describe('what providers send', () => {
  it('is there to be read', () => expect(replies.length).toBeGreaterThan(15));

  it.each(named(replies))('reads the same events of %s, cut at any byte', (_, { bytes }) => {
    const events = readEvents([bytes]);
    for (let at = 1; at < bytes.length; at++) expect(readEvents(cutAt(bytes, at))).toEqual(events);
  });

  it.each(named(replies))('reads usage and model of %s', (_, { bytes, usage, reply }) => {
    for (const chunks of waysToCut(bytes)) {
      expect(readUsage(chunks)).toEqual({ usage: usage ?? undefined, model: reply.model });
    }
  });

  it.each(named(replies))('relays every byte of %s', async (_, { bytes }) => {
    for (const chunks of waysToCut(bytes)) expect(await relay(chunks)).toEqual(bytes);
  });

  const chats = replies.filter(({ dialect }) => dialect === 'chat');

  it.each(named(chats))('reads the words of %s for a panel', (_, { bytes, reply }) => {
    for (const chunks of waysToCut(bytes)) {
      const { text, summary } = readDeltas(chunks);
      expect(text).toBe(reply.text);
      expect(summary).toMatchObject({ finishReason: reply.finishReason, model: reply.model });
    }
  });

  it.each(named(chats))('puts the reply of %s together for the agent', (_, { bytes, reply }) => {
    for (const chunks of waysToCut(bytes)) {
      const { text, model } = assemble(chunks);
      expect({ text, model }).toEqual({ text: reply.text, model: reply.model });
    }
  });
});

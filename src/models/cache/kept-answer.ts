import { createHash } from 'node:crypto';

/** A provider's whole answer, as it is handed out again. */
export interface KeptAnswer {
  contentType: string;
  /** The model that answered, as the ledger has it. */
  model: string;
  body: Buffer;
}

const SUM_BYTES = 32;
const LINE_FEED = 0x0a;

/** An answer as bytes that say for which key they are, and that they are whole. */
export function packAnswer(key: string, { contentType, model, body }: KeptAnswer): Buffer {
  const head = Buffer.from(`${JSON.stringify([contentType, model])}\n`);
  return Buffer.concat([sumOf(key, head, body), head, body]);
}

/** @returns undefined where they are not what `packAnswer` made of an answer for this key */
export function unpackAnswer(key: string, packed: Buffer): KeptAnswer | undefined {
  const content = packed.subarray(SUM_BYTES);
  if (!packed.subarray(0, SUM_BYTES).equals(sumOf(key, content))) return undefined;
  const end = content.indexOf(LINE_FEED);
  const [contentType, model] = JSON.parse(content.toString('utf8', 0, end)) as [string, string];
  return { contentType, model, body: content.subarray(end + 1) };
}

function sumOf(key: string, ...parts: Buffer[]): Buffer {
  const hash = createHash('sha256').update(`${key}\n`);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

import { createBrotliDecompress, createGunzip, createInflate, type Gunzip } from 'node:zlib';
import { UpstreamReplyError } from './upstream-errors';

/** Beyond the first 16 MiB, unpacked bytes may be at most 200 times the packed ones. */
const FREE_BYTES = 16 * 1024 * 1024;
const MAX_RATIO = 200;

export interface DecodedListener {
  onBytes(chunk: Buffer): void;
  onEnd(): void;
  onFailure(error: Error): void;
}

/** The content encodings that are unpacked (RFC 9110, 8.4.1). */
const DECODERS: Record<string, (() => Gunzip) | undefined> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Unpacks an answer that a provider compressed although it was asked not to.
 * @returns undefined where the answer is not compressed
 * @throws UpstreamReplyError where nobody here can unpack it
 */
export function decoderFor(
  encoding: string | string[] | undefined,
  listener: DecodedListener,
): ContentDecoder | undefined {
  const name = String(encoding ?? '')
    .trim()
    .toLowerCase();
  if (name === '' || name === 'identity') return undefined;
  const create = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (create === undefined) {
    throw new UpstreamReplyError('upstream_invalid_response', 'an answer in an unknown content encoding');
  }
  return new ContentDecoder(create(), listener);
}

export class ContentDecoder {
  private packedBytes = 0;
  private unpackedBytes = 0;
  private isOver = false;

  constructor(
    private readonly unpacked: Gunzip,
    private readonly listener: DecodedListener,
  ) {
    unpacked
      .on('data', (chunk: Buffer) => this.take(chunk))
      .on('end', () => this.over(() => listener.onEnd()))
      .on('error', () => this.fail('a compressed answer that cannot be unpacked'));
  }

  /** @returns whether more may be sent at once; if not, `onDrain` is called when it may */
  write(chunk: Buffer, onDrain: () => void): boolean {
    this.packedBytes += chunk.length;
    if (this.unpacked.write(chunk)) return true;
    this.unpacked.once('drain', onDrain);
    return false;
  }

  /** No more comes: what is still inside follows, then the end. */
  end(): void {
    this.unpacked.end();
  }

  pause(): void {
    this.unpacked.pause();
  }

  resume(): void {
    this.unpacked.resume();
  }

  /** The listener hears no more. */
  destroy(): void {
    this.isOver = true;
    this.unpacked.destroy();
  }

  private take(chunk: Buffer): void {
    if (this.isOver) return;
    this.unpackedBytes += chunk.length;
    if (this.unpackedBytes > FREE_BYTES && this.unpackedBytes > MAX_RATIO * this.packedBytes) {
      this.fail('a compressed answer that grows without bound');
    } else this.listener.onBytes(chunk);
  }

  private fail(fault: string): void {
    this.over(() => this.listener.onFailure(new UpstreamReplyError('upstream_invalid_response', fault)));
    this.unpacked.destroy();
  }

  private over(tell: () => void): void {
    if (this.isOver) return;
    this.isOver = true;
    tell();
  }
}

const BYTES_PER_TOKEN = 4;

/**
 * Tokens of a text, estimated. Byte-pair vocabularies average close to four bytes of UTF-8 a token over the languages
 * our users write; used to trim history and where the provider reports no usage, and marked as an estimate there.
 */
export function estimateTokens(text: string): number {
  return estimateTokensOfBytes(Buffer.byteLength(text));
}

export function estimateTokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

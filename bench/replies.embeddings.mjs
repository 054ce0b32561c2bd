const DIMENSIONS = 1536;

/** One vector, as the embeddings API sends it: numbers, or their bytes in base64. */
export function embeddings(encoding) {
  const vector = Float32Array.from({ length: DIMENSIONS }, (_, index) => Math.sin(index) / 40);
  const embedding =
    encoding === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector);
  return JSON.stringify({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding }],
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 30, total_tokens: 30 },
  });
}

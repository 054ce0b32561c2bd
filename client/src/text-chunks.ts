/**
 * The text of a body as it arrives. Leaving the loop or aborting the signal cancels the request.
 * @throws the signal's reason once it is aborted; some runtimes do not end a body that is being read
 */
export async function* readText(
  body: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  // A failed stream cannot be cancelled; `read` reports the failure itself.
  const cancel = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
  const decoder = new TextDecoder();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    signal?.throwIfAborted();
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      yield decoder.decode(value, { stream: !done });
      if (done) return;
    }
  } finally {
    signal?.removeEventListener('abort', cancel);
    cancel();
  }
}

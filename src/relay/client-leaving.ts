import type { ServerResponse } from 'node:http';
import type { ForwardedCall } from '../models/forwarded-call';

/**
 * Ends the provider's work when the client goes, also before the first byte and where the answer is JSON. The request
 * says nothing of it once its body is parsed; the response closes.
 */
export function stopWhenClientLeaves(response: ServerResponse, call: ForwardedCall): void {
  const stop = (): void => {
    if (!response.writableFinished) call.stop();
  };
  if (response.closed) stop();
  else response.once('close', stop);
}

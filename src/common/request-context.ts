import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line of an agent's turn carries; the other doors log in one place, which names its request itself. */
export interface RequestContext {
  requestId: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

export const requestContext = {
  run: <T>(context: RequestContext, work: () => T): T => storage.run(context, work),
  requestId: (): string | undefined => storage.getStore()?.requestId,
};

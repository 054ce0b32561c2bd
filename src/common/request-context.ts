import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line and error of a request carries. */
export interface RequestContext {
  requestId: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

export const requestContext = {
  run: <T>(context: RequestContext, work: () => T): T => storage.run(context, work),
  requestId: (): string | undefined => storage.getStore()?.requestId,
};

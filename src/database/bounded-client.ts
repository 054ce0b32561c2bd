import type { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';

/** Longer than any statement may take on the server: what comes later comes from nowhere. */
const SILENCE_MS = 20_000;

interface Internals {
  connection: { stream: Socket };
  readyForQuery: boolean;
}

/**
 * A connection that gives up on a database that has gone silent. The server's own time limits are worth nothing when
 * the network in between drops everything; without this, every request would wait for the kernel to give up.
 */
export class BoundedClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    const internals = this as unknown as Internals;
    const { stream } = internals.connection;
    stream.setTimeout(SILENCE_MS, () => {
      if (!internals.readyForQuery)
        stream.destroy(new Error('Connection terminated: the database is silent'));
    });
  }
}

import { type buildConnector, Client, type Dispatcher, Pool } from 'undici';

/** What a connection has to know of the exchange that runs on it, and no more: it outlives many. */
export interface ExchangeLink {
  /** Lets the answer go on; set while it is paused. */
  resume?: () => void;
}

export interface LinkedOptions extends Dispatcher.DispatchOptions {
  link: ExchangeLink;
}

/** Connections to one provider, one exchange at a time on each. */
export function providerPool(origin: string, options: Pool.Options): Pool {
  return new Pool(origin, { ...options, factory: (to, given) => connection(to, given) });
}

/**
 * A connection that may end while its answer is paused. undici 7 asserts that it does not, out of reach of every
 * handler, and the process would go down (nodejs/undici#5360; mended in 8, which Node 20 does not run).
 */
function connection(origin: URL, options: Client.Options): Client {
  let link: ExchangeLink | undefined;
  const connect = options.connect as buildConnector.connector;
  const client = new Client(origin, {
    ...options,
    connect: (to, callback) =>
      connect(to, (...result) => {
        const [, socket] = result;
        // These listeners are the first: undici adds its own when it is called back.
        socket?.on('end', () => link?.resume?.()).on('error', noteReset);
        callback(...result);
      }),
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (exchange, handler) => {
    ({ link } = exchange as LinkedOptions);
    return dispatch(exchange, handler);
  };
  return client;
}

/** By its own code undici takes a reset for the end of an answer that only its connection's end tells. */
function noteReset(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'UND_ERR_SOCKET';
}

/** As much of API Gateway's events as is read. */
export interface GatewayEvent {
  headers?: Record<string, string | undefined>;
  body?: unknown;
  isBase64Encoded?: boolean;
  methodArn?: string;
  requestContext: {
    connectionId: string;
    requestId: string;
    domainName: string;
    identity: { sourceIp: string };
    authorizer?: Verdict;
  };
}

/**
 * What the authorizer found, each as JSON. API Gateway keeps it with the connection and gives it back with each event;
 * clients can't change it.
 */
export interface Verdict {
  /** An `Opener`. */
  opener?: string;
  /** The answer to the handshake. */
  refusal?: string;
}

/** A client's connection, which API Gateway holds. */
export interface GatewayConnection {
  /** @returns false where the client is gone */
  post(frame: string): Promise<boolean>;
  isOpen(): Promise<boolean>;
  close(): Promise<void>;
}

/** Node has header names in lower case; API Gateway as they came. */
export function lowerCased(headers: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

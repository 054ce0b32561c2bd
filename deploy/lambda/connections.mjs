import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';

const GONE = 410;

/** A client's connection, through the management API. */
class Connection {
  #client;
  #id;

  constructor(client, id) {
    this.#client = client;
    this.#id = id;
  }

  /** @returns {Promise<boolean>} false if the client has left */
  post(frame) {
    return this.#reach(new PostToConnectionCommand({ ConnectionId: this.#id, Data: frame }));
  }

  /** If the check fails, the connection counts as open: sending the next frame decides. */
  isOpen() {
    return this.#reach(new GetConnectionCommand({ ConnectionId: this.#id })).catch(() => true);
  }

  async close() {
    await this.#reach(new DeleteConnectionCommand({ ConnectionId: this.#id }));
  }

  async #reach(command) {
    try {
      await this.#client.send(command);
      return true;
    } catch (error) {
      if (error.$metadata?.httpStatusCode === GONE) return false;
      throw error;
    }
  }
}

let client;

/**
 * The connection of an event. It is addressed by the API's own domain name, which works behind a custom domain, too.
 */
export function connectionOf({ apiId, stage, connectionId }) {
  const { AWS_REGION, CONNECTIONS_URL } = process.env;
  client ??= new ApiGatewayManagementApiClient({
    endpoint: CONNECTIONS_URL || `https://${apiId}.execute-api.${AWS_REGION}.amazonaws.com/${stage}`,
  });
  return new Connection(client, connectionId);
}

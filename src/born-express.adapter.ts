import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import { continueWhenRead } from './common/expectations';

/** Told to a response when it is its connection's turn to answer. */
const TURN = 'turn';

/**
 * Express with requests and responses that are born with its prototypes. Express itself changes the prototypes of each,
 * after which V8 of Node 20 handles the object slowly (docs/decisions/0007).
 */
export class BornExpressAdapter extends ExpressAdapter {
  constructor() {
    super(express());
  }

  override initHttpServer(): void {
    const app = this.getInstance<express.Express>();
    class BornRequest extends IncomingMessage {}
    class BornResponse extends ServerResponse {
      override assignSocket(socket: Socket): void {
        super.assignSocket(socket);
        this.emit(TURN);
      }
    }
    // What Express would set on each of them is then what they have already.
    app.request = Object.setPrototypeOf(BornRequest.prototype, app.request) as express.Request;
    app.response = Object.setPrototypeOf(BornResponse.prototype, app.response) as express.Response;
    const listener = inTurn(app);
    this.httpServer = createServer({ IncomingMessage: BornRequest, ServerResponse: BornResponse }, listener);
    // Node would answer both by itself, before the app has seen the request.
    this.httpServer.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      continueWhenRead(request, response);
      listener(request, response);
    });
    this.httpServer.on('checkExpectation', listener);
  }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Begins a request when its answer can go out. Node begins one that came behind another on its connection at once, and
 * tells its response nothing of the connection's end: what is done for a client that left would go on for ever.
 */
function inTurn(app: Listener): Listener {
  return (request, response) => {
    if (response.socket === null) response.once(TURN, () => app(request, response));
    else app(request, response);
  };
}

import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';

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
    class BornResponse extends ServerResponse {}
    // What Express would set on each of them is then what they have already.
    app.request = Object.setPrototypeOf(BornRequest.prototype, app.request) as express.Request;
    app.response = Object.setPrototypeOf(BornResponse.prototype, app.response) as express.Response;
    this.httpServer = createServer({ IncomingMessage: BornRequest, ServerResponse: BornResponse }, app);
  }
}

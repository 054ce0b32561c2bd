import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { environmentWithoutFaketime } from './machine-clock';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** No sandbox, for root and containers, and no network traffic of the browser's own. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`There is no Chromium at ${CHROMIUM}: install it, or name it in CHROMIUM_PATH.`);
  }
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, env: environmentWithoutFaketime() });
}

/** Serves pages from its own origin and forwards `/api`, like a proxy in front of pages and API. */
export class PageServer {
  /** Target of `/api`; unset, `/api` is not forwarded. */
  apiUrl: string | undefined;

  private readonly server = createServer((incoming, response) => {
    const { pathname } = new URL(incoming.url!, this.origin);
    if (pathname.startsWith('/api/') && this.apiUrl !== undefined) this.pass(incoming, response, this.apiUrl);
    else this.serve(pathname, response);
  });

  /** @param fileOf maps a path to its file */
  constructor(private readonly fileOf: (path: string) => string) {}

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(path: string, response: ServerResponse): void {
    const file = this.fileOf(path);
    if (!existsSync(file)) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': typeOf(file) }).end(readFileSync(file));
  }

  private pass(incoming: IncomingMessage, response: ServerResponse, url: string): void {
    const { method, headers } = incoming;
    const outgoing = request(new URL(incoming.url!, url), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}

const typeOf = (file: string): string => (file.endsWith('.html') ? 'text/html' : 'text/javascript');

/** Clients that send a request and never read, while the provider sends as fast as it can. */
import { connect } from 'node:net';
import { forgetPeak, peakMb, residentMb } from './proc.mjs';
import { until, untilStill } from './waiting.mjs';

export const NEVER_READING = 50;
export const MOST_MB = 96;
/** 50 MB a stream: more than all kernel buffers on the way can hold. */
const FLOOD = { count: 3000, size: 16_000 };
const STILL_MS = 2000;

/**
 * @returns the memory growth at its peak (MB), the seconds until the server dropped the stalled clients, and the number
 * of streams it read whole from the provider
 */
export async function neverRead({ path, body }, app, upstream) {
  const stats = () => upstream.ask({ ask: 'stats' });
  const { complete } = await stats();
  forgetPeak(app.pid);
  const before = residentMb(app.pid);
  const sockets = Array.from({ length: NEVER_READING }, () => send(app, path, JSON.stringify(body(FLOOD))));
  const areOpen = await until(async () => (await stats()).open === NEVER_READING);
  const stalledAt = await untilStill(async () => (await stats()).bytes, STILL_MS);
  const moreMb = peakMb(app.pid) - before;
  const areDropped = await until(async () => (await stats()).open === 0);
  const droppedAfterS = areOpen && areDropped ? (performance.now() - stalledAt) / 1000 : undefined;
  for (const socket of sockets) socket.destroy();
  return { moreMb, droppedAfterS, complete: (await stats()).complete - complete };
}

/** A bare socket, because every HTTP client reads ahead. */
function send({ url, headers }, path, body) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).pause();
  socket.on('error', () => undefined);
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    `Authorization: ${headers.authorization}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

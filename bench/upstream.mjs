/**
 * A provider at almost no cost: Chat Completions, Responses, embeddings and models over `node:http`; every reply is
 * made once and cached. Runs as a child of the bench: reports its port, then answers `stats` and `release`.
 */
import { createServer } from 'node:http';
import { chatCompletion, chatEvents } from './replies.chat.mjs';
import { embeddings } from './replies.embeddings.mjs';
import { response, responseEvents } from './replies.responses.mjs';
import { FIRST_TOKEN, planOf } from './reply-plan.mjs';

const ID_PLACEHOLDER = 'resp_0000000000000000';

const kept = new Map();
/** Streams that wait in the middle for `release`. */
const held = new Set();
const stats = { open: 0, complete: 0, aborted: 0, bytes: 0 };
let lastId = 0;

/** Caches a reply for identical requests. */
function keep(key, make) {
  if (!kept.has(key)) kept.set(key, make());
  return kept.get(key);
}

const keepStream = (kind, plan, make) =>
  plan.label === '' ? keep(`${kind} ${JSON.stringify(plan)}`, () => writesOf(make())) : writesOf(make());

/** Each event as an HTTP chunk; the events up to the first token are sent together. */
function writesOf(events) {
  const chunks = events.map((event) => {
    const size = Buffer.byteLength(event).toString(16);
    return Buffer.from(`${size}\r\n${event}\r\n`);
  });
  const opening = events.findIndex((event) => event.includes(FIRST_TOKEN)) + 1;
  return [Buffer.concat(chunks.slice(0, opening)), ...chunks.slice(opening)];
}

const newId = () => `resp_${String(++lastId).padStart(16, '0')}`;

/** Gives the response its own id in the first and the last event, the only ones that contain the id. */
function withOwnId(writes) {
  const id = newId();
  const name = (bytes) => Buffer.from(bytes.toString().replaceAll(ID_PLACEHOLDER, id));
  return [name(writes[0]), ...writes.slice(1, -1), name(writes.at(-1))];
}

const REPLIES = {
  '/v1/chat/completions': (request, plan) => {
    if (!request.stream) return keep('chat', () => Buffer.from(chatCompletion()));
    const hasUsage = request.stream_options?.include_usage === true;
    return keepStream(`chat ${hasUsage}`, plan, () => chatEvents(plan, hasUsage));
  },
  '/v1/responses': (request, plan) => {
    if (request.stream) {
      return withOwnId(keepStream('responses', plan, () => responseEvents(plan, ID_PLACEHOLDER)));
    }
    return Buffer.from(keep('response', () => response(ID_PLACEHOLDER)).replace(ID_PLACEHOLDER, newId()));
  },
  '/v1/embeddings': ({ encoding_format: encoding }) =>
    keep(`vector ${encoding}`, () => Buffer.from(embeddings(encoding))),
};

/**
 * Writes directly to the socket: `ServerResponse.write` would cost a third more, so the provider would be the
 * bottleneck.
 */
function play(answer, writes, { gapMs, isHeld }) {
  const { socket } = answer;
  const middle = isHeld ? writes.length >> 1 : -1;
  let next = 0;
  const proceed = () => {
    if (answer.destroyed) return;
    const bytes = writes[next++];
    stats.bytes += bytes.length;
    const hasRoom = socket.write(bytes);
    if (next === writes.length) answer.end();
    else if (next === middle) held.add(proceed);
    else if (!hasRoom) socket.once('drain', proceed);
    else if (gapMs > 0) setTimeout(proceed, gapMs);
    else setImmediate(proceed);
  };
  stats.open++;
  answer.once('close', () => {
    stats.open--;
    held.delete(proceed);
    if (answer.writableFinished) stats.complete++;
    else stats.aborted++;
  });
  answer.flushHeaders();
  proceed();
}

function reply(path, text, answer) {
  const make = REPLIES[path];
  if (make === undefined) return void answer.writeHead(404).end();
  const plan = planOf(text);
  const made = make(JSON.parse(text), plan);
  if (Buffer.isBuffer(made)) {
    answer.writeHead(200, { 'content-type': 'application/json', 'content-length': made.length }).end(made);
  } else {
    answer.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    play(answer, made, plan);
  }
}

const MODELS = JSON.stringify({
  object: 'list',
  data: ['gpt-4o-mini', 'text-embedding-3-small'].map((id) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: 'bench',
  })),
});

const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, (request, answer) => {
  if (request.method === 'GET') {
    answer.writeHead(200, { 'content-type': 'application/json' }).end(MODELS);
    return;
  }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => reply(request.url, Buffer.concat(parts).toString(), answer));
});

server.listen({ host: '127.0.0.1', port: 0, backlog: 8192 }, () =>
  process.send({ port: server.address().port }),
);
process.on('disconnect', () => process.exit());
process.on('message', ({ id, ask }) => {
  if (ask === 'release') {
    const waiting = [...held];
    held.clear();
    for (const proceed of waiting) proceed();
  }
  process.send({ id, answer: { ...stats, held: held.size } });
});

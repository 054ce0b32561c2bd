import { once } from 'node:events';
import { request as send, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import express, { type NextFunction, type Request, type Response } from 'express';
import { BodyMemory } from './body-memory';
import { sendError, toAppError } from './error.filter';
import { jsonBody } from './json-body.middleware';

const LIMIT_BYTES = 1024 ** 2;

interface Sent {
  headers?: Record<string, string>;
  /** Sent without a length, in pieces. */
  isChunked?: boolean;
  path?: string;
}

describe('jsonBody', () => {
  let server: Server;

  beforeAll(async () => {
    const limit = { maxBytes: LIMIT_BYTES, variable: 'THE_LIMIT' };
    const app = express().use('/mounted', jsonBody({ limit, memory: new BodyMemory(4 * LIMIT_BYTES) }));
    app.all(['/mounted', '/mounted/things/:id'], (request, response) =>
      response.json({ body: request.body }),
    );
    app.get('/mounted/read-only', (_request, response) => response.json({}));
    app.use((_request, response) => response.status(404).json({ code: 'not_found' }));
    app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) =>
      sendError(response, toAppError(error)),
    );
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const post = async (
    body: string | Buffer,
    { headers = {}, isChunked = false, path = '/mounted' }: Sent = {},
  ) => {
    const { port } = server.address() as AddressInfo;
    const length = isChunked ? {} : { 'content-length': Buffer.byteLength(body) };
    const request = send({
      port,
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...length, ...headers },
    });
    for (let at = 0; isChunked && at < body.length; at += 65_536) request.write(body.slice(at, at + 65_536));
    request.end(isChunked ? undefined : body);
    const [response] = await once(request, 'response');
    return {
      status: response.statusCode,
      headers: response.headers,
      body: (await json(response)) as Record<string, unknown>,
    };
  };
  const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
  const padded = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`;
  const gzip = { 'content-encoding': 'gzip' };

  it.each([
    ['an object', '{"a":[1,"é",null]}', {}, { a: [1, 'é', null] }],
    ['UTF-8 by name', '{}', { headers: { 'content-type': 'application/json; charset=utf-8' } }, {}],
    ['UTF-8 in capitals', '{}', { headers: { 'content-type': 'Application/JSON; Charset="UTF-8"' } }, {}],
    ['utf8', '{}', { headers: { 'content-type': 'application/json; charset=utf8' } }, {}],
    ['UTF8 in quotes', '{}', { headers: { 'content-type': 'application/json;charset="UTF8"' } }, {}],
    [
      'UTF-8 after another parameter',
      '{}',
      { headers: { 'content-type': 'application/json; a=b; charset=utf-8' } },
      {},
    ],
    ['an empty charset', '{}', { headers: { 'content-type': 'application/json; charset=' } }, {}],
    ['a byte order mark', '\ufeff{"a":1}', {}, { a: 1 }],
    ['no body', '', {}, {}],
    ['no body and no type', '', { headers: { 'content-type': '' } }, {}],
    ['an empty chunked body', '', { isChunked: true }, {}],
    ['chunks', '{"a":1}', { isChunked: true }, { a: 1 }],
    ['gzip', gzipSync('{"a":1}'), { headers: gzip }, { a: 1 }],
    ['a nesting of 64', nested(64), {}, JSON.parse(nested(64))],
    ['exactly the limit', padded(LIMIT_BYTES), {}, JSON.parse(padded(LIMIT_BYTES))],
    ['exactly the limit, chunked', padded(LIMIT_BYTES), { isChunked: true }, JSON.parse(padded(LIMIT_BYTES))],
  ])('reads %s', async (_, body, sent: Sent, expected) => {
    expect(await post(body, sent)).toMatchObject({ status: 200, body: { body: expected } });
  });

  it.each(['__proto__', 'constructor', 'prototype'])('keeps %s as data below the top', async (key) => {
    const answer = await post(`{"a":{"${key}":{"b":1}}}`);
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.body.body)).toBe(`{"a":{"${key}":{"b":1}}}`);
  });

  const typed = (type: string): Sent => ({ headers: { 'content-type': type } });
  it.each<[string, string | Buffer, Sent, number, string]>([
    ['text', '{}', typed('text/plain'), 415, 'unsupported_media_type'],
    ['a form', 'a=1', typed('application/x-www-form-urlencoded'), 415, 'unsupported_media_type'],
    ['no type', '{}', typed(''), 415, 'unsupported_media_type'],
    ['a type that only begins like JSON', '{}', typed('application/json5'), 415, 'unsupported_media_type'],
    ['Latin-1', '{}', typed('application/json; charset=latin1'), 415, 'unsupported_media_type'],
    ['an unknown charset', '{}', typed('application/json; charset=utf-99'), 415, 'unsupported_media_type'],
    ['an unknown encoding', '{}', { headers: { 'content-encoding': 'zip' } }, 415, 'unsupported_media_type'],
    [
      'UTF-16',
      Buffer.from('{}', 'utf16le'),
      typed('application/json; charset=utf-16'),
      415,
      'unsupported_media_type',
    ],
    ['UTF-7', '{"a":"+AGE-"}', typed('application/json; charset=utf-7'), 415, 'unsupported_media_type'],
    ['bytes that are no UTF-8', Buffer.from('{"a":"\xff"}', 'latin1'), {}, 400, 'invalid_json'],
    ['a surrogate in UTF-8', Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'), {}, 400, 'invalid_json'],
    ['broken JSON', '{"a":', {}, 400, 'invalid_json'],
    ['white space', '  ', {}, 400, 'invalid_json'],
    ['a comment', '{/**/}', {}, 400, 'invalid_json'],
    ['two values', '{}{}', {}, 400, 'invalid_json'],
    ['what only claims to be gzip', '{"a":1}', { headers: gzip }, 400, 'invalid_json'],
    ['a list', '[]', {}, 400, 'validation_failed'],
    ['null', 'null', {}, 400, 'validation_failed'],
    ['a number', '5', {}, 400, 'validation_failed'],
    ['false', 'false', {}, 400, 'validation_failed'],
    ['a text', '"a"', {}, 400, 'validation_failed'],
    ['an empty text', '""', {}, 400, 'validation_failed'],
    ['a nesting of 65', nested(65), {}, 400, 'validation_failed'],
    ['65 levels of lists', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`, {}, 400, 'validation_failed'],
    ['200,000 levels', `{"a":${'['.repeat(2e5)}${']'.repeat(2e5)}}`, {}, 400, 'validation_failed'],
    ['a list 200,000 deep', '['.repeat(2e5) + ']'.repeat(2e5), {}, 400, 'validation_failed'],
    [
      '1,001 fields',
      `{${Array.from({ length: 1001 }, (_, key) => `"k${key}":1`).join()}}`,
      {},
      400,
      'validation_failed',
    ],
    ['250,000 objects', `{"a":[${'{},'.repeat(249_999)}{}]}`, {}, 400, 'validation_failed'],
    ['one byte too many', padded(LIMIT_BYTES + 1), {}, 413, 'body_too_large'],
    ['one byte too many, chunked', padded(LIMIT_BYTES + 1), { isChunked: true }, 413, 'body_too_large'],
    ['8 MiB', padded(8 * LIMIT_BYTES), {}, 413, 'body_too_large'],
    ['gzip of a larger body', gzipSync(padded(8 * LIMIT_BYTES)), { headers: gzip }, 413, 'body_too_large'],
  ])('refuses %s', async (_, body, sent, status, code) => {
    expect(await post(body, sent)).toMatchObject({ status, body: { code } });
    expect(await post('{"next":1}')).toMatchObject({ status: 200, body: { body: { next: 1 } } });
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'])(
    'refuses %s as a key of the body, by name',
    async (key) => {
      const message = `property ${key} should not exist`;
      expect(await post(`{"a":1,"${key}":{"isAdmin":true}}`)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', details: [{ path: [key], message }] },
      });
    },
  );

  it('says nothing of a body it could not read', async () => {
    expect(JSON.stringify((await post('{"password":"hunter2",}')).body)).not.toContain('hunter2');
  });

  it.each<[string, string | Buffer, Sent]>([
    ['a form', 'a=1', typed('application/x-www-form-urlencoded')],
    ['broken JSON', '{', {}],
    ['a body over the limit', padded(LIMIT_BYTES + 1), {}],
    ['an endless number of chunks', padded(2 * LIMIT_BYTES), { isChunked: true }],
    ['Latin-1', '{}', typed('application/json; charset=latin1')],
    ['what only claims to be gzip', '{"a":1}', { headers: gzip }],
  ])('leaves %s to the answer 404 where no route takes it', async (_, body, sent) => {
    for (const path of ['/mounted/nothing', '/mounted/things', '/mounted/read-only']) {
      expect(await post(body, { ...sent, path })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
  });

  it('looks for routes as Express does: parameters, a slash at the end, capitals', async () => {
    for (const path of ['/mounted/', '/mounted/things/1', '/mounted/Things/1/', '/mounted?a=b']) {
      expect(await post('x', { path })).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
    }
  });

  it('names the limit and its variable', async () => {
    expect((await post(padded(LIMIT_BYTES + 1))).body).toMatchObject({
      message: 'The request body is larger than 1 MiB (THE_LIMIT).',
    });
  });

  it('says what to do about another charset', async () => {
    expect((await post('{}', typed('application/json; charset=latin1'))).body.message).toBe(
      'Send the body in UTF-8: Content-Type: application/json; charset=utf-8.',
    );
  });

  it('closes the connection after a body that was too large', async () => {
    const answer = await post(padded(LIMIT_BYTES + 1), { isChunked: true });
    expect(answer.headers.connection).toBe('close');
  });

  it('reads requests without a body', async () => {
    const { port } = server.address() as AddressInfo;
    expect(await (await fetch(`http://127.0.0.1:${port}/mounted`)).json()).toEqual({ body: {} });
  });
});

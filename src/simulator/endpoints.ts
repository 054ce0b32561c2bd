import type { IncomingMessage, ServerResponse } from 'node:http';
import { chatErrorFrame, readChatRequest, readStreaming, toChunks, toCompletion } from './chat-completions';
import { completePrompt } from './completions';
import type { ModelRequest } from './dialogue';
import { embed } from './embeddings';
import { type Fault, FaultMemory, readFault, serverError, withoutDirectives } from './faults';
import { FileStore, readForm } from './files';
import { drawPictures, moderate, speak, transcribe } from './media';
import { newId, replyTo } from './model-reply';
import { findModel, listModels } from './models';
import { readBytes } from './request-bytes';
import { type Body, readBody } from './request-shape';
import { responseErrorFrame, toResponseEvents } from './response-events';
import { readResponseRequest, type ResponseRequest, ResponseStore, toResponse } from './responses';
import { countTokens } from './tokens';
import { notFound, sendBytes, sendJson, sendStream } from './wire';

/** One request being answered. */
export interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly url: URL;
  readonly now: Date;
  readonly noteModel: (model: string) => void;
  /** The fault requested by header. It takes precedence over one in the message. */
  readonly fault: Fault | undefined;
}

type Handler = (call: Call, id: string) => Promise<void> | void;

/** The endpoints under /v1; they share one set of in-memory stores. */
export class Endpoints {
  private readonly files = new FileStore();
  private readonly responses = new ResponseStore();
  private readonly faults = new FaultMemory();

  private readonly handlers: readonly (readonly [method: string, path: RegExp, handler: Handler])[] = [
    ['POST', /^\/v1\/chat\/completions$/, (call) => this.completeChat(call)],
    ['POST', /^\/v1\/completions$/, (call) => this.complete(call)],
    ['POST', /^\/v1\/responses$/, (call) => this.respond(call)],
    ['POST', /^\/v1\/responses\/compact$/, (call) => this.compact(call)],
    ['POST', /^\/v1\/responses\/input_tokens$/, (call) => this.countInput(call)],
    ['POST', /^\/v1\/moderations$/, (call) => this.moderate(call)],
    ['POST', /^\/v1\/images\/(generations|edits)$/, (call) => this.draw(call)],
    ['POST', /^\/v1\/audio\/speech$/, (call) => this.speak(call)],
    ['POST', /^\/v1\/audio\/(transcriptions|translations)$/, (call) => this.transcribe(call)],
    ['GET', /^\/v1\/responses\/(?<id>[^/]+)$/, ({ res }, id) => sendJson(res, this.responses.find(id))],
    ['DELETE', /^\/v1\/responses\/(?<id>[^/]+)$/, ({ res }, id) => sendJson(res, this.responses.delete(id))],
    ['POST', /^\/v1\/responses\/(?<id>[^/]+)\/cancel$/, (_, id) => this.responses.cancel(id)],
    [
      'GET',
      /^\/v1\/responses\/(?<id>[^/]+)\/input_items$/,
      ({ res, url }, id) => sendJson(res, this.responses.listInput(id, url.searchParams)),
    ],
    ['GET', /^\/v1\/models$/, ({ res, fault }) => sendJson(res, listModels(), fault)],
    ['GET', /^\/v1\/models\/(?<id>[^/]+)$/, ({ res, fault }, id) => sendJson(res, findModel(id), fault)],
    ['POST', /^\/v1\/embeddings$/, (call) => this.embed(call)],
    ['POST', /^\/v1\/files$/, (call) => this.upload(call)],
    [
      'GET',
      /^\/v1\/files$/,
      ({ res, url, fault }) => sendJson(res, this.files.list(url.searchParams), fault),
    ],
    ['GET', /^\/v1\/files\/(?<id>[^/]+)$/, ({ res }, id) => sendJson(res, this.files.find(id).facts)],
    ['GET', /^\/v1\/files\/(?<id>[^/]+)\/content$/, ({ res }, id) => this.download(res, id)],
    ['DELETE', /^\/v1\/files\/(?<id>[^/]+)$/, ({ res }, id) => sendJson(res, this.files.delete(id))],
  ];

  /** @throws ProviderError */
  async answer(call: Call): Promise<void> {
    const { method = 'GET' } = call.req;
    this.faults.refuse(call.fault);
    for (const [wanted, path, handler] of this.handlers) {
      const match = wanted === method ? path.exec(call.url.pathname) : null;
      if (match) return handler(call, match.groups?.['id'] ?? '');
    }
    throw notFound(`Unknown request URL: ${method} ${call.url.pathname}.`, null, 'unknown_url');
  }

  private async completeChat(call: Call): Promise<void> {
    const { res, now } = call;
    const body = await this.readJson(call);
    const { request, fault } = this.listen(readChatRequest(body), call);
    const { stream, includesUsage } = readStreaming(body);
    const reply = replyTo(request, now, fault);
    if (stream) return sendStream(res, toChunks(reply, now, includesUsage), chatErrorFrame(), fault);
    return this.sendWhole(res, toCompletion(reply, now), fault);
  }

  private async respond(call: Call): Promise<void> {
    const { res, now } = call;
    const read = readResponseRequest(await this.readJson(call), this.responses);
    const { request, fault } = this.listen(read.model, call);
    const response = toResponse(read, replyTo(request, now, fault), now);
    if (read.store) this.responses.keep(response, read.items);
    if (read.stream) return sendStream(res, toResponseEvents(response), responseErrorFrame(), fault);
    return this.sendWhole(res, response, fault);
  }

  private async complete(call: Call): Promise<void> {
    const { res, now, fault } = call;
    const { stream, whole, frames } = completePrompt(await this.readJson(call), now, fault);
    if (stream) return sendStream(res, frames, chatErrorFrame(), fault);
    return this.sendWhole(res, whole, fault);
  }

  /** Returns the conversation unchanged: the simulator's rules cannot shorten it. */
  private async compact(call: Call): Promise<void> {
    const { model, items } = await this.readInput(call);
    const tokens = countTokens(JSON.stringify(model.entries));
    const usage = { input_tokens: tokens, output_tokens: tokens, total_tokens: 2 * tokens };
    const created = Math.floor(call.now.getTime() / 1000);
    const body = {
      id: newId('resp_'),
      object: 'response.compaction',
      created_at: created,
      output: items,
      usage,
    };
    await sendJson(call.res, body, call.fault);
  }

  private async countInput(call: Call): Promise<void> {
    const { model } = await this.readInput(call);
    const tokens = countTokens(JSON.stringify([model.entries, model.tools]));
    await sendJson(call.res, { object: 'response.input_tokens', input_tokens: tokens }, call.fault);
  }

  private async readInput(call: Call): Promise<ResponseRequest> {
    return readResponseRequest(await this.readJson(call), this.responses);
  }

  private async moderate(call: Call): Promise<void> {
    await sendJson(call.res, moderate(await this.readJson(call)), call.fault);
  }

  private async draw(call: Call): Promise<void> {
    const isForm = call.req.headers['content-type']?.startsWith('multipart/') ?? false;
    const body = isForm ? formFields(await this.readForm(call)) : await this.readJson(call);
    await sendJson(call.res, drawPictures(body, call.now), call.fault);
  }

  private async speak(call: Call): Promise<void> {
    sendBytes(call.res, speak(await this.readJson(call)), 'audio/wav');
  }

  private async transcribe(call: Call): Promise<void> {
    const said = transcribe(await this.readForm(call));
    if (typeof said === 'string') sendBytes(call.res, Buffer.from(said), 'text/plain; charset=utf-8');
    else await sendJson(call.res, said, call.fault);
  }

  private async readForm({ req, res }: Call): Promise<FormData> {
    return readForm(await readBytes(req, res), req.headers['content-type']);
  }

  private async embed(call: Call): Promise<void> {
    await sendJson(call.res, embed(await this.readJson(call)), call.fault);
  }

  private async upload({ req, res, now, fault }: Call): Promise<void> {
    const facts = await this.files.upload(await readBytes(req, res), req.headers['content-type'], now);
    await sendJson(res, facts, fault);
  }

  private download(res: ServerResponse, id: string): void {
    const { content } = this.files.find(id);
    sendBytes(res, content, 'application/octet-stream');
  }

  private async readJson({ req, res, noteModel }: Call): Promise<Body> {
    const body = readBody(await readBytes(req, res));
    if (typeof body['model'] === 'string') noteModel(body['model'].slice(0, 200));
    return body;
  }

  /** The request without fault directives, and its fault: from the header, otherwise from the newest user message. */
  private listen(request: ModelRequest, call: Call): { request: ModelRequest; fault: Fault | undefined } {
    const newest = request.entries.findLast((entry) => entry.kind === 'user');
    const spoken = call.fault ? undefined : readFault(newest?.kind === 'user' ? newest.text : '', undefined);
    this.faults.refuse(spoken);
    const entries = request.entries.map((entry) =>
      entry.kind === 'user' ? { ...entry, text: withoutDirectives(entry.text) } : entry,
    );
    return { request: { ...request, entries }, fault: call.fault ?? spoken };
  }

  private async sendWhole(res: ServerResponse, body: unknown, fault: Fault | undefined): Promise<void> {
    if (fault?.name === 'error_in_stream') throw serverError();
    await sendJson(res, body, fault);
  }
}

/** A form's fields; a repeated field keeps its last value. */
const formFields = (form: FormData): Body =>
  Object.fromEntries([...form].map(([name, value]) => [name.replace(/\[\]$/, ''), value]));

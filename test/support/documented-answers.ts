import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { readApiDocument } from './api-document';
import { closeSchemas } from './closed-schemas';

/** The parts of an answer that a test client has. */
export interface ReceivedAnswer {
  method: string;
  url: string;
  status: number;
  headers: Headers;
  /** Absent until a stream is read to its end. */
  text?: string;
}

interface Schema {
  type?: unknown;
  contentSchema?: unknown;
}

interface Answer {
  headers?: Record<string, { $ref?: string; required?: boolean; schema?: Schema }>;
  content?: Record<string, { schema?: Schema }>;
}

type Operations = Record<string, { responses: Record<string, Answer | { $ref: string }> }>;

interface Document {
  paths: Record<string, Operations>;
}

/** An answer and its place in the document. */
interface Documented {
  pointer: string;
  answer: Answer;
}

/** Pages, the socket, and the document itself; they are described elsewhere. */
const UNDOCUMENTED = /^\/(docs(-json|-yaml)?(\/.*)?|ws\/?)$/i;
const DOCUMENT_ID = 'openapi';

/** The API's document; every answer to a test client is checked against it. */
class ApiDocument {
  private readonly document: Document;
  private readonly ajv = addFormats(new Ajv2020({ strict: false, validateSchema: false }));
  private readonly validators = new Map<string, ValidateFunction>();
  /** Fixed paths stand before those with a parameter. */
  private readonly paths: { path: string; form: RegExp }[];

  constructor(document: Record<string, unknown>) {
    this.document = closeSchemas(document) as unknown as Document;
    this.paths = Object.keys(this.document.paths)
      .sort((a, b) => a.split('{').length - b.split('{').length)
      .map((path) => ({ path, form: formOf(path) }));
    this.ajv.addSchema(this.document, DOCUMENT_ID);
  }

  /** @returns the documented answer, a text if the route has no such answer, or undefined if there is no such route */
  find(method: string, pathname: string, status: number): Documented | string | undefined {
    const path = this.paths.find(({ form }) => form.test(pathname))?.path;
    if (path === undefined) return undefined;
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = this.document.paths[path]![verb];
    if (operation === undefined) return undefined;
    const stated = operation.responses;
    const answer = stated[status] ?? stated[`${String(status)[0]}XX`];
    if (answer === undefined) return `${verb} ${path} has no status ${status}`;
    if (!('$ref' in answer)) {
      const key = status in stated ? String(status) : `${String(status)[0]}XX`;
      return { pointer: toPointer(['paths', path, verb, 'responses', key]), answer };
    }
    const pointer = answer.$ref.slice(1);
    return { pointer, answer: this.at<Answer>(pointer) };
  }

  /** @returns how a value violates the schema at this place; undefined if it does not */
  fault(pointer: string, value: unknown): string | undefined {
    const validate =
      this.validators.get(pointer) ?? this.ajv.getSchema(`${DOCUMENT_ID}#${encodeURI(pointer)}`)!;
    this.validators.set(pointer, validate);
    if (validate(value) === true) return undefined;
    return this.ajv.errorsText(validate.errors, { dataVar: 'body' });
  }

  /** The documented headers of an answer. */
  headersOf({
    pointer,
    answer,
  }: Documented): { name: string; pointer: string; isRequired: boolean; isInteger: boolean }[] {
    return Object.entries(answer.headers ?? {}).map(([name, given]) => {
      const at = given.$ref === undefined ? `${pointer}${toPointer(['headers', name])}` : given.$ref.slice(1);
      const { required = false, schema } = this.at<{ required?: boolean; schema?: Schema }>(at);
      return { name, pointer: `${at}/schema`, isRequired: required, isInteger: schema?.type === 'integer' };
    });
  }

  private at<T>(pointer: string): T {
    return pointer
      .split('/')
      .slice(1)
      .reduce<unknown>(
        (value, step) => (value as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')],
        this.document,
      ) as T;
  }
}

/** A model's id may contain slashes, which no path in the document can express. */
const MODEL_PATH = '/v1/models/{id}';

const formOf = (path: string): RegExp =>
  new RegExp(`^${path.replace(/\{\w+\}/g, path === MODEL_PATH ? '.+' : '[^/]+')}/?$`, 'i');

const toPointer = (steps: string[]): string =>
  steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

let known: ApiDocument | undefined;

/**
 * Checks an answer's status, headers and body against the API's document.
 * @throws Error that names the undocumented part
 */
export async function expectDocumented(received: ReceivedAnswer): Promise<void> {
  const { pathname } = new URL(received.url);
  if (UNDOCUMENTED.test(pathname) || received.method === 'OPTIONS' || isOfAnotherServer(received)) return;
  known ??= new ApiDocument(await readApiDocument(received.url));
  const fault = faultOf(known, received, pathname);
  if (fault === undefined) return;
  const { method, status, text = '' } = received;
  throw new Error(
    `The API’s document does not allow this answer to ${method} ${pathname}: ${fault}\n${status} ${text.slice(0, 1000)}`,
  );
}

/** Whether the answer is from a proxy in front of the app, or from the scripted provider. */
const isOfAnotherServer = ({ headers }: ReceivedAnswer): boolean =>
  headers.has('server') || headers.get('x-request-id') === 'req_scripted';

function faultOf(document: ApiDocument, received: ReceivedAnswer, pathname: string): string | undefined {
  const { method, status, headers, text } = received;
  const found = document.find(method, pathname, status);
  if (typeof found === 'string') return found;
  if (found === undefined) return faultOfUnknown(document, received, pathname);
  return (
    faultOfHeaders(document, found, headers) ??
    faultOfBody(document, found, headers, method === 'HEAD' ? undefined : text)
  );
}

/** The answer of an unknown route must be a documented error. */
function faultOfUnknown(
  document: ApiDocument,
  { status, headers, text }: ReceivedAnswer,
  pathname: string,
): string | undefined {
  if (status < 400) return 'there is no such route';
  const schema = /^\/v1(\/|$)/i.test(pathname) ? 'OpenAiError' : 'Error';
  if (text === undefined || text === '' || !isJson(headers)) return undefined;
  return document.fault(`/components/schemas/${schema}`, JSON.parse(text));
}

function faultOfHeaders(document: ApiDocument, found: Documented, headers: Headers): string | undefined {
  for (const { name, pointer, isRequired, isInteger } of document.headersOf(found)) {
    const value = headers.get(name);
    if (value === null) {
      if (isRequired) return `the header ${name} is missing`;
      continue;
    }
    const fault = document.fault(pointer, isInteger ? Number(value) : value);
    if (fault !== undefined) return `the header ${name}: ${fault}`;
  }
  return undefined;
}

function faultOfBody(
  document: ApiDocument,
  { pointer, answer }: Documented,
  headers: Headers,
  text?: string,
): string | undefined {
  if (answer.content === undefined) return text === undefined || text === '' ? undefined : 'it has no body';
  const type = mediaType(headers);
  const range = type.replace(/\/.*/, '/*');
  const documented = Object.keys(answer.content).find((name) => [type, range, '*/*'].includes(name));
  if (documented === undefined) return `it is not of the type ${type}`;
  // The content may be any bytes.
  if (text === undefined || documented.endsWith('/*')) return undefined;
  const at = `${pointer}${toPointer(['content', documented, 'schema'])}`;
  if (isJson(headers)) return document.fault(at, JSON.parse(text));
  if (answer.content[documented]!.schema?.contentSchema === undefined) return undefined;
  for (const line of text.split('\n').filter((each) => each.startsWith('data: '))) {
    const data = line.slice('data: '.length);
    const fault = data === '[DONE]' ? undefined : document.fault(`${at}/contentSchema`, JSON.parse(data));
    if (fault !== undefined) return `the block ${data}: ${fault}`;
  }
  return undefined;
}

const mediaType = (headers: Headers): string => (headers.get('content-type') ?? '').split(';')[0]!.trim();
const isJson = (headers: Headers): boolean => mediaType(headers) === 'application/json';

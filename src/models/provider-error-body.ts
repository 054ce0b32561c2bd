/** What a provider's error says, whatever shape it came in. Nothing of it is fit for a client yet. */
export interface ProviderFault {
  /** The provider's sentence, cut but not cleaned. */
  message?: string;
  /** Which error it is, as a word; a number or a sentence is no code. */
  code?: string;
  /** Which field of the request is meant. */
  param?: string;
  /** All words by which the provider tells its errors apart, in lower case: codes first, then types, statuses, reasons. */
  words: ReadonlySet<string>;
  /** The HTTP status that the body itself names. */
  status?: number;
  /** How long the body itself asks to wait. */
  retryAfterSeconds?: number;
}

type Fields = Record<string, unknown>;

/** More of a message is not read: patterns run over it. */
const MAX_MESSAGE_CHARACTERS = 4000;
const MAX_DEPTH = 6;
const MAX_LISTED = 8;
/** A code is one word. Digits alone repeat the status. */
const CODE = /^(?=.*[a-z])[\w.:/-]{1,100}$/i;
const CODE_NAMES = ['code', 'error_code', 'errorCode', 'errcode'] as const;
const KIND_NAMES = ['type', 'status', 'reason', '__type'] as const;
const STATUS_NAMES = ['code', 'status', 'status_code', 'statusCode', 'http_status'] as const;
/** Where the sentence stands, the best place first; each may hold text or another shape of error. */
const MESSAGE_NAMES = [
  'message',
  'msg',
  'detail',
  'errors',
  'error_description',
  'error_message',
  'errorMessage',
] as const;
/** A gateway's own sentence; the true one stands in `metadata.raw`. */
const WRAPPER = /^(provider returned error|upstream error)\.?$/i;

/** Reads the text of an error answer: JSON of any shape, an event stream with one event, or plain text. */
export function parseErrorBody(text: string): unknown {
  const body = text.replace(/^\uFEFF/, '').trim();
  const event = /^(?:event:[^\r\n]*[\r\n]+)?data:[^\S\r\n]*([^\r\n]+)/.exec(body)?.[1];
  const parsed = parseJson(event ?? body);
  if (parsed !== undefined) return parsed;
  return isPlainText(body) ? body.split(/[\r\n]/, 1)[0] : undefined;
}

/** @param body as JSON gave it; text stands for itself */
export function readErrorBody(body: unknown): ProviderFault {
  const reading = new Reading();
  reading.read(body, 0);
  const { message, code, param, status, retryAfterSeconds } = reading;
  return {
    message,
    code,
    param,
    status,
    retryAfterSeconds,
    words: new Set([...reading.codes, ...reading.kinds]),
  };
}

/** Walks through the known shapes; what was found first stays. */
class Reading {
  message: string | undefined;
  code: string | undefined;
  param: string | undefined;
  status: number | undefined;
  retryAfterSeconds: number | undefined;
  readonly codes: string[] = [];
  readonly kinds: string[] = [];

  read(value: unknown, depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (typeof value === 'string') this.readText(value, depth);
    else if (Array.isArray(value)) this.read(value[0], depth + 1);
    else if (isFields(value)) this.readFields(value, depth);
  }

  private readText(text: string, depth: number): void {
    const cut = text.slice(0, MAX_MESSAGE_CHARACTERS).trim();
    // Some providers put the JSON of an error into a text.
    const inner = /^[{[]/.test(cut) ? parseJson(text) : undefined;
    if (inner !== undefined) this.read(inner, depth + 1);
    else if (cut !== '' && !isPage(cut)) this.message ??= cut;
  }

  private readFields(fields: Fields, depth: number): void {
    this.readWords(fields);
    this.readParam(fields);
    this.readDetails(fields.details);
    const { error } = fields;
    if (isFields(error) || Array.isArray(error)) this.read(error, depth + 1);
    for (const name of MESSAGE_NAMES) {
      if (this.message === undefined) this.read(fields[name], depth + 1);
    }
    if (typeof error === 'string') {
      // As OAuth has it: a name here, the sentence beside it.
      if (/^[a-z\d]+(?:_[a-z\d]+)+$/.test(error)) this.noteCode(error);
      if (this.message === undefined) this.read(error, depth + 1);
    }
    this.readWrapped(fields.metadata, depth);
  }

  private readWords(fields: Fields): void {
    for (const name of CODE_NAMES) this.noteCode(fields[name]);
    for (const name of KIND_NAMES) {
      const kind = fields[name];
      if (typeof kind === 'string') this.kinds.push(kind.slice(0, 100).toLowerCase());
    }
    for (const name of STATUS_NAMES) this.status ??= asStatus(fields[name]);
  }

  private noteCode(code: unknown): void {
    if (typeof code === 'number') this.codes.push(String(code));
    if (typeof code !== 'string' || !/^[\w.:/-]{1,100}$/.test(code)) return;
    this.codes.push(code.toLowerCase());
    if (CODE.test(code)) this.code ??= code;
  }

  private readParam({ param, loc, field }: Fields): void {
    for (const name of [param, field]) {
      if (typeof name === 'string' && name !== '') this.param ??= name;
    }
    if (Array.isArray(loc)) this.param ??= pathOf(loc);
  }

  /** Google's details: why, which field, and when to come again. */
  private readDetails(details: unknown): void {
    if (!Array.isArray(details)) return;
    for (const detail of details.slice(0, MAX_LISTED)) {
      if (!isFields(detail)) continue;
      if (typeof detail.reason === 'string') this.kinds.push(detail.reason.slice(0, 100).toLowerCase());
      if (typeof detail.retryDelay === 'string') this.retryAfterSeconds ??= asSeconds(detail.retryDelay);
      const [violation] = Array.isArray(detail.fieldViolations) ? (detail.fieldViolations as unknown[]) : [];
      if (isFields(violation)) this.readParam(violation);
    }
  }

  private readWrapped(metadata: unknown, depth: number): void {
    if (!isFields(metadata) || this.message === undefined || !WRAPPER.test(this.message)) return;
    const wrapper = this.message;
    this.message = undefined;
    this.read(metadata.raw, depth + 1);
    this.message ??= wrapper;
  }
}

/** `["body", "messages", 0, "content"]` is `messages[0].content`. */
function pathOf(loc: readonly unknown[]): string | undefined {
  const steps = loc.slice(loc[0] === 'body' ? 1 : 0, 16);
  const path = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return path === '' ? undefined : path.replace(/^\./, '');
}

function asStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
    ? status
    : undefined;
}

function asSeconds(duration: string): number | undefined {
  const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(duration)?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds));
}

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isPage = (text: string): boolean => /^<|<(?:!doctype|html|head|body)\b/i.test(text);

/** Not half of JSON, no page, no bytes. */
const isPlainText = (text: string): boolean =>
  text !== '' && !/^[{["]/.test(text) && !isPage(text) && !/[\u0000-\u0008\u000E-\u001F\uFFFD]/.test(text);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

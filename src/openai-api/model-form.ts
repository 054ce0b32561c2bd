import busboy from 'busboy';
import { AppError } from '../common/app-error';

/** OpenAI takes 16 pictures and a mask; the rest is for text fields. */
const MAX_PARTS = 200;

const DASHES = '--';
const LINE_END = '\r\n';
const HEADER_END = '\r\n\r\n';

/** A part of a form: text, or a file whose content is not looked at. */
interface FormPart {
  name: string;
  /** undefined: a file. */
  text: string | undefined;
}

/** A form that asks for a model's work. Its bytes go on as they came. */
export class ModelForm {
  private constructor(
    private readonly parts: readonly FormPart[],
    private readonly bytes: Buffer,
    /** Where each part begins and the last one ends: at the line of the boundary. */
    private readonly boundaries: readonly number[],
    /** With its boundary. */
    readonly contentType: string,
  ) {}

  /**
   * @param contentType with its boundary
   * @throws AppError validation_failed where it is no form, or where another reader could find other fields in it
   */
  static async read(bytes: Buffer, contentType: string): Promise<ModelForm> {
    const boundaries = findBoundaries(bytes, contentType);
    const parts = await readParts(bytes, contentType);
    // The parser passes over what it cannot name; a provider's parser might not.
    if (boundaries.length !== parts.length + 1) throw badForm('is not well formed');
    const form = new ModelForm(parts, bytes, boundaries, contentType);
    for (const name of SINGLE_FIELDS) {
      const named = parts.filter((part) => baseName(part.name) === name);
      if (named.length > 1) throw invalidField(name, 'stands twice in the form');
      if (named.some((part) => part.name !== name)) throw invalidField(name, 'must be no list');
    }
    return form;
  }

  /** Its fields, without what stands in brackets behind a name. */
  get names(): string[] {
    return this.parts.map(({ name }) => baseName(name));
  }

  get texts(): { name: string; text: string }[] {
    return this.parts.flatMap(({ name, text }) => (text === undefined ? [] : [{ name, text }]));
  }

  /** Its text fields by name; of several with one name the last. */
  get fields(): Record<string, string> {
    return Object.fromEntries(this.texts.map(({ name, text }) => [name, text]));
  }

  /** Of all text in it: at most so many tokens. */
  get textBytes(): number {
    return this.texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  }

  /** The same bytes with this model. A form without a model gets a field for it. */
  withModel(model: string): Buffer {
    const index = this.parts.findIndex(({ name }) => name === 'model');
    const start = this.boundaries[Math.max(index, 0)]!;
    const lineEnd = this.bytes.indexOf(LINE_END, start);
    if (index < 0) {
      const boundaryLine = this.bytes.subarray(start, lineEnd);
      const part = `${LINE_END}Content-Disposition: form-data; name="model"${HEADER_END}${model}${LINE_END}`;
      return Buffer.concat([boundaryLine, Buffer.from(part), this.bytes.subarray(start)]);
    }
    const contentStart = this.bytes.indexOf(HEADER_END, lineEnd) + HEADER_END.length;
    const contentEnd = this.boundaries[index + 1]! - LINE_END.length;
    return Buffer.concat([
      this.bytes.subarray(0, contentStart),
      Buffer.from(model),
      this.bytes.subarray(contentEnd),
    ]);
  }
}

/** What is reckoned with: another reader must find the same in the form. */
const SINGLE_FIELDS = ['model', 'stream', 'n'];

/** `timestamp_granularities[]` is the field `timestamp_granularities`. */
const baseName = (name: string): string => name.replace(/\[.*$/s, '');

const invalidField = (name: string, fault: string): AppError => {
  const message = `${name} ${fault}`;
  return new AppError('validation_failed', message, { details: [{ path: [name], message }] });
};

function badForm(fault: string): AppError {
  const message = `the form ${fault}`;
  return new AppError('validation_failed', message, { details: [{ path: [], message }] });
}

/** Where the lines of the boundary begin, the last one's too. */
function findBoundaries(bytes: Buffer, contentType: string): number[] {
  const given = [...contentType.matchAll(/;\s*boundary=(?:"([^"]*)"|([^;\s"]+))/gi)];
  const boundary = given[0]?.[1] ?? given[0]?.[2] ?? '';
  if (given.length !== 1 || boundary === '') throw badForm('needs one boundary in its Content-Type');
  const line = Buffer.from(DASHES + boundary, 'latin1');
  const found: number[] = [];
  for (let at = bytes.indexOf(line); at >= 0; at = bytes.indexOf(line, at + line.length)) {
    const startsLine = at === 0 || bytes.toString('latin1', at - LINE_END.length, at) === LINE_END;
    if (startsLine) found.push(at);
    if (found.length > MAX_PARTS + 1) throw tooManyParts();
  }
  const end = (found.at(-1) ?? 0) + line.length;
  const isClosed = bytes.toString('latin1', end, end + DASHES.length) === DASHES;
  // Before and after the form some parsers would find more.
  if (found[0] !== 0 || !isClosed) throw badForm('is not well formed');
  return found;
}

const tooManyParts = (): AppError => badForm(`may have at most ${MAX_PARTS} fields`);

function readParts(bytes: Buffer, contentType: string): Promise<FormPart[]> {
  return new Promise((resolve, reject) => {
    const parts: FormPart[] = [];
    try {
      const parser = busboy({
        headers: { 'content-type': contentType },
        defParamCharset: 'utf8',
        limits: { fieldSize: bytes.length + 1, fields: MAX_PARTS, files: MAX_PARTS, parts: MAX_PARTS + 1 },
      });
      parser.on('field', (name, text, { nameTruncated }) => {
        if (name === undefined || nameTruncated) reject(badForm('has a field without a good name'));
        else parts.push({ name, text });
      });
      parser.on('file', (name, content) => {
        if (name === undefined) reject(badForm('has a file without a name'));
        else parts.push({ name, text: undefined });
        content.resume();
      });
      parser.on('partsLimit', () => reject(tooManyParts()));
      parser.on('error', () => reject(badForm('is not well formed')));
      parser.on('close', () => resolve(parts));
      parser.end(bytes);
    } catch {
      reject(badForm('is not well formed'));
    }
  });
}

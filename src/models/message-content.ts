import { isJsonObject, type JsonObject } from './json-object';
import { type Grow, mergeItems, readableText } from './merge-members';

/** What the parts of a content can be that hold the model's thoughts and go back with it (Mistral's `thinking`). */
const THOUGHT_TYPES = new Set(['thinking', 'reasoning']);

/** The content of a streamed message: text, a text part, or a list of parts. Only text parts are what the model said. */
export class MessageContent {
  private readonly parts: unknown[] = [];
  private hasThoughts = false;

  constructor(private readonly grow: Grow) {}

  /** The parts to send back where there were thoughts among them; undefined where the text says it all. */
  get partsWithThoughts(): unknown[] | undefined {
    return this.hasThoughts ? this.parts : undefined;
  }

  /** The thoughts as text. */
  get thoughts(): string {
    return this.parts
      .filter((part) => !isText(part))
      .map((part) => readableText(part))
      .join('');
  }

  /** @returns the text this adds */
  add(content: unknown): string {
    const items: unknown[] = Array.isArray(content) ? content : [content];
    return items.map((item) => this.addPart(item)).join('');
  }

  private addPart(item: unknown): string {
    if (isJsonObject(item) && THOUGHT_TYPES.has(item.type as string)) {
      this.hasThoughts = true;
      mergeItems(this.parts, [item], this.grow);
      return '';
    }
    const text = textOfPart(item);
    if (text !== '') this.keepText(text);
    return text;
  }

  private keepText(text: string): void {
    this.grow(text.length);
    const last = this.parts.at(-1);
    if (isText(last)) last.text += text;
    else this.parts.push({ type: 'text', text });
  }
}

/** The text of a part, or of a content that is text. */
export function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isJsonObject(part)) return '';
  const { type, text, refusal } = part;
  if (type === 'refusal') return typeof refusal === 'string' ? refusal : '';
  const isOfText = type === undefined || type === 'text' || type === 'output_text';
  return isOfText && typeof text === 'string' ? text : '';
}

/** The text of a whole content. */
export function textOfContent(content: unknown): string {
  return Array.isArray(content) ? content.map(textOfPart).join('') : textOfPart(content);
}

const isText = (part: unknown): part is JsonObject & { text: string } =>
  isJsonObject(part) && part.type === 'text';

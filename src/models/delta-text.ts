/**
 * The words of a message, or of a piece of one: its content and its refusal. Content is text, or a list of parts, such
 * as Magistral's, of which the text parts are the words.
 */
export function textOfDelta(delta: unknown): string {
  if (delta === null || typeof delta !== 'object') return '';
  const { content, refusal } = delta as { content?: unknown; refusal?: unknown };
  return textOfContent(content) + (typeof refusal === 'string' ? refusal : '');
}

export function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map(textOfPart).join('') : '';
}

function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  if (part === null || typeof part !== 'object') return '';
  const { type = 'text', text } = part as { type?: unknown; text?: unknown };
  return (type === 'text' || type === 'output_text') && typeof text === 'string' ? text : '';
}

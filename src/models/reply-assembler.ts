import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { TokenUsage } from '../usage/usage.types';
import type { ModelReply, RequestedToolCall } from './chat.types';
import { textOfDelta } from './delta-text';
import { toTokenUsage } from './token-usage';
import { UpstreamReplyError } from './upstream-errors';

const MOST_TOOL_CALLS = 128;
const LONGEST_REPLY_CHARACTERS = 4 * 1024 ** 2;

/** Puts a streamed completion together, within bounds. */
export class ReplyAssembler {
  text = '';
  /** The name the provider gives the model that answered. */
  model: string | undefined;
  usage: TokenUsage | undefined;
  private readonly toolCalls: RequestedToolCall[] = [];
  private finishReason: string | undefined;
  private size = 0;

  /** All that the model wrote, for estimates. */
  get written(): string {
    return this.text + this.toolCalls.map(({ name, argumentsText }) => name + argumentsText).join('');
  }

  /** @returns the text this chunk adds */
  add(event: Readonly<Record<string, unknown>>): string {
    const chunk = event as unknown as ChatCompletionChunk;
    if (typeof chunk.model === 'string' && chunk.model !== '') this.model = chunk.model;
    if (chunk.usage != null) this.usage = toTokenUsage(chunk.usage);
    const choice = chunk.choices?.[0];
    if (choice === undefined) return '';
    if (choice.finish_reason != null) this.finishReason = choice.finish_reason;
    const { tool_calls: toolCalls } = choice.delta ?? {};
    for (const part of toolCalls ?? []) this.addToolCall(part);
    const text = textOfDelta(choice.delta);
    this.grow(text.length);
    this.text += text;
    return text;
  }

  /** @throws UpstreamReplyError when the stream ended before the reply did */
  finish(): ModelReply {
    if (this.finishReason === undefined) {
      throw new UpstreamReplyError('upstream_error', 'the stream ended without a finish reason');
    }
    return {
      text: this.text,
      toolCalls: this.toolCalls.filter((call) => call.name !== ''),
      finishReason: this.finishReason,
    };
  }

  private addToolCall(part: { index?: number; function?: { name?: string; arguments?: string } }): void {
    const index = part.index ?? this.toolCalls.length;
    if (!Number.isInteger(index) || index < 0 || index >= MOST_TOOL_CALLS || index > this.toolCalls.length) {
      throw new UpstreamReplyError('upstream_invalid_response', 'a tool call out of order');
    }
    const call = (this.toolCalls[index] ??= { name: '', argumentsText: '' });
    call.name += part.function?.name ?? '';
    call.argumentsText += part.function?.arguments ?? '';
    this.grow((part.function?.name?.length ?? 0) + (part.function?.arguments?.length ?? 0));
  }

  private grow(characters: number): void {
    this.size += characters;
    if (this.size > LONGEST_REPLY_CHARACTERS) {
      throw new UpstreamReplyError('upstream_invalid_response', 'a reply beyond every bound');
    }
  }
}

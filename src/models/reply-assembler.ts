import type { TokenUsage } from '../usage/usage.types';
import type { ModelReply, ReplyExtras } from './chat.types';
import { isJsonObject, type JsonObject } from './json-object';
import { fillMembers, mergeMembers, readableText } from './merge-members';
import { MessageContent, textOfContent } from './message-content';
import { usageOf } from './token-usage';
import { type AssembledCall, ToolCallAssembler } from './tool-call-assembler';
import { UpstreamReplyError } from './upstream-errors';

const MAX_REPLY_CHARACTERS = 4 * 1024 ** 2;

/** Members of a message that do not go back: read here, or OpenAI's own, which takes its reply without them. */
const READ_MEMBERS = ['role', 'content', 'refusal', 'tool_calls', 'function_call'];
const OPENAI_MEMBERS = ['annotations', 'audio', 'logprobs', 'parsed', 'name'];
/** Of others: notes on the stream and on what a search found, which no provider reads again. */
const NOTES = [
  'channel',
  'citations',
  'executed_tools',
  'finish_reason',
  'id',
  'images',
  'index',
  'object',
  'obfuscation',
  'padding',
  'prompt_token_ids',
  'search_results',
  'stop_reason',
  'token_id',
  'token_ids',
  'usage',
];
const NOT_SENT_BACK = new Set([...READ_MEMBERS, ...OPENAI_MEMBERS, ...NOTES]);

/** DeepSeek wants it back even where the model thought nothing (deepseek-ai/deepseek-harness#1850). */
const WANTED_EMPTY = 'reasoning_content';

/** Puts a streamed completion together, within bounds. It trusts nothing of what a chunk holds. */
export class ReplyAssembler {
  text = '';
  /** The name the provider gives the model that answered. */
  model: string | undefined;
  usage: TokenUsage | undefined;
  private size = 0;
  private readonly grow = (characters: number): void => {
    this.size += characters;
    if (this.size > MAX_REPLY_CHARACTERS) {
      throw new UpstreamReplyError('upstream_invalid_response', 'a reply beyond every bound');
    }
  };
  private readonly content = new MessageContent(this.grow);
  private readonly calls = new ToolCallAssembler(this.grow);
  private readonly extras: JsonObject = {};
  private finishReason: string | undefined;
  private hasDelta = false;
  private hasDoneMark = false;

  /** All that the model wrote, its thoughts too, for estimates. */
  get written(): string {
    return this.text + this.calls.written + this.thoughts;
  }

  /** @returns the text this chunk adds */
  add(chunk: Readonly<Record<string, unknown>>): string {
    if (!isJsonObject(chunk)) return '';
    if (typeof chunk.model === 'string' && chunk.model !== '') this.model = chunk.model;
    const choices: unknown[] = Array.isArray(chunk.choices) ? chunk.choices : [];
    const choice = choices.find(isJsonObject);
    this.usage = usageOf(chunk) ?? this.usage;
    if (choice === undefined) return '';
    this.readFinishReason(choice.finish_reason);
    const { delta, message } = choice;
    const said = isJsonObject(delta) ? this.addDelta(delta) : '';
    return said + (isJsonObject(message) ? this.addMessage(message) : '');
  }

  /** The stream has come to its `[DONE]`: a whole reply needs no finish reason then. */
  markDone(): void {
    this.hasDoneMark = true;
  }

  /** @throws UpstreamReplyError when the stream ended before the reply did */
  finish(): ModelReply {
    const calls = this.calls.finish();
    const finishReason = this.finishReason ?? this.impliedFinishReason(calls);
    if (finishReason === undefined) {
      throw new UpstreamReplyError('upstream_error', 'the stream ended without a finish reason');
    }
    const extras = this.replyExtras(calls);
    return {
      text: this.text,
      toolCalls: calls.map(({ name, argumentsText }) => ({ name, argumentsText })),
      finishReason,
      ...(extras === undefined ? {} : { extras }),
    };
  }

  private addDelta(delta: JsonObject): string {
    if (Object.keys(delta).length > 0) this.hasDelta = true;
    this.calls.add(delta.tool_calls);
    this.calls.addLegacy(delta.function_call);
    mergeMembers(this.extras, delta, this.grow, NOT_SENT_BACK);
    return this.say(delta.content, delta.refusal);
  }

  /** A message in place of a delta; after deltas it is the whole that they were pieces of. */
  private addMessage(message: JsonObject): string {
    if (!this.hasDelta) {
      this.calls.add(message.tool_calls);
      this.calls.addLegacy(message.function_call);
      mergeMembers(this.extras, message, this.grow, NOT_SENT_BACK);
    } else {
      this.calls.addWhole(message.tool_calls);
      fillMembers(this.extras, message, this.grow, NOT_SENT_BACK);
    }
    const whole = textOfContent(message.content) + textOfContent(message.refusal);
    if (this.text !== '' && whole.startsWith(this.text)) {
      return this.say(whole.slice(this.text.length));
    }
    if (this.text !== '' && this.hasDelta) return '';
    return this.say(message.content, message.refusal);
  }

  private say(content: unknown, refusal?: unknown): string {
    const refused = textOfContent(refusal);
    this.grow(refused.length);
    const text = this.content.add(content) + refused;
    this.text += text;
    return text;
  }

  private readFinishReason(value: unknown): void {
    if (typeof value === 'number' || (typeof value === 'string' && value !== '')) {
      this.finishReason = String(value);
    }
  }

  private impliedFinishReason(calls: readonly AssembledCall[]): string | undefined {
    if (!this.hasDoneMark || !this.calls.areWhole) return undefined;
    if (calls.length > 0) return 'tool_calls';
    return this.text === '' ? undefined : 'stop';
  }

  private replyExtras(calls: readonly AssembledCall[]): ReplyExtras | undefined {
    const parts = this.content.partsWithThoughts;
    const message = withoutEmpty({ ...this.extras, ...(parts === undefined ? {} : { content: parts }) });
    const ofCalls = calls.map(({ extras }) => withoutEmpty(extras));
    const extras: ReplyExtras = {
      ...(hasMembers(message) ? { message } : {}),
      ...(ofCalls.some(hasMembers) ? { calls: ofCalls } : {}),
    };
    return hasMembers(extras) ? extras : undefined;
  }

  /** Some send the same thoughts in two members: the longer one counts. */
  private get thoughts(): string {
    const texts = Object.values(this.extras).map((value) => readableText(value));
    const longest = texts.reduce((left, right) => (right.length > left.length ? right : left), '');
    return longest + this.content.thoughts;
  }
}

const hasMembers = (value: object): boolean => Object.keys(value).length > 0;

/** Without what says nothing: a strict provider refuses a member that its model does not know, even an empty one. */
function withoutEmpty(members: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter(([key, value]) => {
      if (value === '') return key === WANTED_EMPTY;
      return typeof value !== 'object' || value === null || hasMembers(value);
    }),
  );
}

import { Injectable, type PipeTransform } from '@nestjs/common';
import { AppError } from '../common/app-error';
import { InputPipe } from '../common/validation.pipe';
import { CompletionRequest, toCompletionRequest } from './completion.dto';
import { TurnRequest } from './turn.dto';

export type ChatRequest = TurnRequest | CompletionRequest;

export const isCompletion = (request: ChatRequest): request is CompletionRequest =>
  request instanceof CompletionRequest;

export const asksForCompletion = (body: object): boolean => 'messages' in body;

/** A body with `messages` asks for a stateless completion, one with `message` for a turn. */
@Injectable()
export class ChatBodyPipe implements PipeTransform<object, Promise<ChatRequest>> {
  private readonly input = new InputPipe();

  async transform(body: object): Promise<ChatRequest> {
    if (!asksForCompletion(body)) {
      return (await this.input.transform(body, { type: 'body', metatype: TurnRequest })) as TurnRequest;
    }
    if (!('message' in body)) return toCompletionRequest(body);
    const message = 'send either message or messages, not both';
    throw new AppError('validation_failed', message, { details: [{ path: ['messages'], message }] });
  }
}

import type { Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AppError } from '../common/app-error';
import type { ToolContext, ToolResult } from './tool.types';

export interface ToolOptions {
  name: string;
  /** Tells the model what the tool does and when to use it. */
  description: string;
  /** Names that are understood when called, but not told to the model. */
  aliases?: string[];
}

/** Makes a provider a tool: the registry finds it by this. */
export const Tool = DiscoveryService.createDecorator<ToolOptions>();

/**
 * A tool is one class: `input` validates the model's arguments and makes the schema it sees, `run` does the work.
 * It runs under a savepoint of the turn's transaction; what it throws takes back what it did.
 */
export abstract class TypedTool<Input extends object> {
  abstract readonly input: Type<Input>;
  abstract run(input: Input, context: ToolContext): Promise<ToolResult>;
}

/** For what only `run` can find wrong with the arguments. */
export const invalidArguments = (detail: string): AppError =>
  new AppError('invalid_arguments', detail, { status: 400 });

import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AppError } from '../common/app-error';
import { describeError } from '../common/describe-error';
import { isDatabaseUnavailable, isTransactionVictim } from '../database/database-errors';
import { nameChange } from '../tasks/task-image';
import { capResult } from './cap-result';
import { toJsonSchema } from './json-schema';
import { parseArguments, toInput } from './tool-arguments';
import { spellingsOf } from './tool-names';
import type {
  Change,
  ParsedToolCall,
  RowImage,
  ToolCallRequest,
  ToolContext,
  ToolDefinition,
  ToolOutcome,
  ToolResult,
} from './tool.types';
import { Tool, type ToolOptions, type TypedTool } from './typed-tool';

interface RegisteredTool extends ToolOptions {
  tool: TypedTool<object>;
}

const LONGEST_NAME = 64;

/** Every tool there is: what the model is told of them, and the one place where its calls are read and run. */
@Injectable()
export class ToolRegistry implements OnModuleInit {
  private readonly logger = new Logger(ToolRegistry.name);
  /** By name and by alias. */
  private readonly tools = new Map<string, RegisteredTool>();
  private definitionsByName: ToolDefinition[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    for (const wrapper of this.discovery.getProviders({ metadataKey: Tool.KEY })) {
      const options = this.discovery.getMetadataByDecorator(Tool, wrapper)!;
      this.register({ ...options, tool: wrapper.instance as TypedTool<object> });
    }
    this.definitionsByName = this.registered()
      .map(({ name, description, tool }) => ({ name, description, parameters: toJsonSchema(tool.input) }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** What the model is told: always the same bytes, so that the provider's prompt cache hits. */
  definitions(): ToolDefinition[] {
    return this.definitionsByName;
  }

  has(name: string): boolean {
    return this.tools.has(name);
  }

  /** Never throws: what is wrong with the call is said in it. */
  parse({ id, name, argumentsText }: ToolCallRequest): ParsedToolCall {
    const tool = this.find(name);
    const call: ParsedToolCall = { id, name: tool?.name ?? toPlainName(name), arguments: {} };
    try {
      call.arguments = parseArguments(argumentsText);
    } catch (error) {
      Object.assign(call, toRefusal(error));
    }
    if (tool !== undefined) return call;
    return { ...call, error: 'unknown_tool', detail: `there is no such tool; there are: ${this.names()}` };
  }

  private find(name: string): RegisteredTool | undefined {
    for (const spelling of spellingsOf(name)) {
      const tool = this.tools.get(spelling);
      if (tool !== undefined) return tool;
    }
    return undefined;
  }

  /**
   * Runs a call under a savepoint: a failing tool leaves nothing behind. What the model did wrong is told to it in the
   * result; only what concerns the whole transaction is thrown.
   */
  async run(call: ParsedToolCall, context: ToolContext): Promise<ToolOutcome> {
    const registered = this.tools.get(call.name);
    if (call.error !== undefined || registered === undefined) {
      return this.refuse(call.name, call.error ?? 'unknown_tool', call.detail ?? 'there is no such tool');
    }
    const { name, tool } = registered;
    try {
      const input = toInput(tool.input, call.arguments);
      return this.succeed(name, await context.tx.savepoint(() => tool.run(input, context)));
    } catch (error) {
      if (error instanceof AppError && error.status < 500)
        return this.refuse(name, error.code, error.message);
      if (error instanceof AppError || isDatabaseUnavailable(error) || isTransactionVictim(error))
        throw error;
      this.logger.error({ event: 'tool_failed', tool: name, ...describeError(error) });
      return toFailure('internal', 'The tool failed and changed nothing.');
    }
  }

  private succeed(name: string, { result, changes = [] }: ToolResult): ToolOutcome {
    return {
      ok: true,
      result: capResult(result),
      changes: changes.map((image) => toChange(name, image)),
      images: changes,
    };
  }

  /** The log names the tool and the reason; what the model wrote is a user's business. */
  private refuse(name: string, code: string, detail: string): ToolOutcome {
    this.logger.warn({ event: 'tool_refused', tool: name, reason: code });
    return toFailure(code, detail);
  }

  private register(registered: RegisteredTool): void {
    for (const name of [registered.name, ...(registered.aliases ?? [])]) {
      if (this.tools.has(name)) throw new Error(`Two tools are called ${name}.`);
      this.tools.set(name, registered);
    }
  }

  private registered(): RegisteredTool[] {
    return [...new Set(this.tools.values())];
  }

  private names(): string {
    return this.definitionsByName.map(({ name }) => name).join(', ');
  }
}

function toRefusal(error: unknown): Pick<ParsedToolCall, 'error' | 'detail'> {
  return { error: 'invalid_arguments', detail: (error as Error).message };
}

function toFailure(code: string, detail: string): ToolOutcome {
  return { ok: false, result: capResult({ error: code, detail }), changes: [], images: [], error: code };
}

function toChange(tool: string, image: RowImage): Change {
  const title = (image.after ?? image.before)?.title ?? '';
  return { tool, task_id: image.id, change: nameChange(image), title };
}

/** A name the model made up, fit to be logged and sent back to a provider. */
function toPlainName(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name.slice(0, LONGEST_NAME) : 'unknown';
}

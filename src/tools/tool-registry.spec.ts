import { Logger } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { AppError, notFound } from '../common/app-error';
import type { Transaction } from '../database/database.service';
import type { TaskImage } from '../tasks/task-image';
import { Describe } from './json-schema';
import { ToolRegistry } from './tool-registry';
import type { ParsedToolCall, ToolContext, ToolOutcome, ToolResult } from './tool.types';
import { Tool, TypedTool } from './typed-tool';

class EchoInput {
  @Describe('Said again.')
  @IsString()
  text!: string;

  @Describe('How often.')
  @IsOptional()
  @IsInt()
  times?: number;
}

@Tool({ name: 'echo', description: 'Says it again.', aliases: ['repeat'] })
class EchoTool extends TypedTool<EchoInput> {
  readonly input = EchoInput;

  async run(input: EchoInput, { userId }: ToolContext): Promise<ToolResult> {
    return { result: { ...input, userId } };
  }
}

class FailInput {
  @IsString()
  how!: string;
}

const FAILURES: Record<string, () => Error> = {
  'not found': () => notFound('Task'),
  bug: () => new TypeError('cannot read secret of undefined'),
  'lost database': () => new Error('Connection terminated unexpectedly'),
  'known lost database': () => new AppError('database_unavailable', 'Gone.'),
};

@Tool({ name: 'fail', description: 'Fails.' })
class FailTool extends TypedTool<FailInput> {
  readonly input = FailInput;

  async run({ how }: FailInput): Promise<ToolResult> {
    throw FAILURES[how]!();
  }
}

const image: TaskImage = {
  table: 'tasks',
  id: 7,
  before: null,
  after: { title: 'Buy milk', status: 'pending', deleted_at: null } as TaskImage['after'],
};

class NoInput {
  @IsOptional()
  nothing?: never;
}

@Tool({ name: 'change', description: 'Changes.' })
class ChangeTool extends TypedTool<NoInput> {
  readonly input = NoInput;

  async run(): Promise<ToolResult> {
    return { result: { text: 'x'.repeat(20_000) }, changes: [image] };
  }
}

/** Counts what a real one would take back. */
class FakeTransaction {
  rolledBack = 0;

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.rolledBack += 1;
      throw error;
    }
  }
}

describe('ToolRegistry', () => {
  let registry: ToolRegistry;
  let transaction: FakeTransaction;
  let warnings: jest.SpyInstance;
  let errors: jest.SpyInstance;

  beforeEach(async () => {
    warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    errors = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    transaction = new FakeTransaction();
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [ToolRegistry, FailTool, EchoTool, ChangeTool],
    }).compile();
    await module.init();
    registry = module.get(ToolRegistry);
  });

  afterEach(() => jest.restoreAllMocks());

  const parse = (name: string, argumentsText: string): ParsedToolCall =>
    registry.parse({ id: 'call_1', name, argumentsText });

  const run = (name: string, argumentsText: string): Promise<ToolOutcome> =>
    registry.run(parse(name, argumentsText), {
      userId: 'user-1',
      timezone: 'UTC',
      now: new Date('2026-11-20T12:00:00Z'),
      tx: transaction as unknown as Transaction,
    });

  it('finds the tools by their decorator and tells them sorted, without aliases, always the same', () => {
    expect(registry.definitions().map(({ name }) => name)).toEqual(['change', 'echo', 'fail']);
    expect(registry.definitions()[1]).toEqual({
      name: 'echo',
      description: 'Says it again.',
      parameters: {
        type: 'object',
        properties: {
          text: { type: 'string', description: 'Said again.' },
          times: { type: 'integer', description: 'How often.' },
        },
        required: ['text'],
        additionalProperties: false,
      },
    });
    expect(registry.definitions()).toBe(registry.definitions());
  });

  it('runs a call with the arguments of the model and the user of the context', async () => {
    expect(await run('echo', '{"text":"hi","times":2}')).toEqual({
      ok: true,
      result: { text: 'hi', times: 2, userId: 'user-1' },
      changes: [],
      images: [],
    });
  });

  it('knows an alias by the name of its tool', () => {
    expect(parse('repeat', '{"text":"hi"}')).toEqual({
      id: 'call_1',
      name: 'echo',
      arguments: { text: 'hi' },
    });
  });

  it.each([
    'functions.echo',
    'functions:echo',
    'functions::echo',
    'functions/echo',
    'default_api.echo',
    'default_api.functions.echo',
    'functions.echo:0',
    'echo:12',
    'echo<|channel|>commentary',
    'functions.echo<|channel|>json',
    'echo()',
    '"echo"',
    '`functions.echo`',
    ' echo\n',
    'functions.repeat:3',
  ])('knows %j by the name of its tool', async (name) => {
    expect(parse(name, '{"text":"hi"}')).toEqual({ id: 'call_1', name: 'echo', arguments: { text: 'hi' } });
    expect(await run(name, '{"text":"hi"}')).toMatchObject({ ok: true });
  });

  it.each([
    'echo.functions',
    'echoes',
    'functions.',
    'functions.echo.more',
    'ec ho',
    'x'.repeat(300) + '.echo',
  ])('does not take %j for a tool', (name) => {
    expect(parse(name, '{"text":"hi"}')).toMatchObject({ error: 'unknown_tool' });
  });

  it('takes null for absent', async () => {
    const { ok, result } = await run('echo', '{"text":"hi","times":null}');
    expect(ok).toBe(true);
    expect(result).toEqual({ text: 'hi', userId: 'user-1' });
  });

  it.each([
    ['no JSON', '{"text": "h', 'the arguments are not valid JSON'],
    ['a list', '["hi"]', 'the arguments must be a JSON object'],
    ['null', 'null', 'the arguments must be a JSON object'],
    ['a text', '"hi"', 'the arguments must be a JSON object'],
    ['too long', JSON.stringify({ text: 'x'.repeat(65_536) }), 'the arguments are longer than 65536'],
    [
      'too deep',
      `{"text":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      'the arguments are nested deeper than 64 levels',
    ],
    ['a NUL', '{"text":"a\\u0000b"}', 'a text has a NUL or half a surrogate pair'],
    ['a lone surrogate', '{"text":["\\ud800"]}', 'a text has a NUL or half a surrogate pair'],
    ['a NUL in a key', '{"a\\u0000b":1}', 'a text has a NUL or half a surrogate pair'],
    ['__proto__', '{"text":"hi","__proto__":{"admin":true}}', 'property __proto__ should not exist'],
    ['constructor', '{"text":"hi","constructor":1}', 'property constructor should not exist'],
  ])('shows %s as empty arguments that are invalid', async (_, text, detail) => {
    expect(parse('echo', text)).toEqual({
      id: 'call_1',
      name: 'echo',
      arguments: {},
      error: 'invalid_arguments',
      detail,
    });
    expect(await run('echo', text)).toEqual({
      ok: false,
      result: { error: 'invalid_arguments', detail },
      changes: [],
      images: [],
      error: 'invalid_arguments',
    });
  });

  it.each([
    ['nothing', '', 'text must be a string'],
    ['a missing field', '{"times":2}', 'text must be a string'],
    ['a wrong type', '{"text":"hi","times":"2"}', 'times must be an integer number'],
    ['a number too large', '{"text":"hi","times":1e400}', 'times must be an integer number'],
    ['a user', '{"text":"hi","user_id":"user-2"}', 'property user_id should not exist'],
    ['two mistakes', '{"times":"2"}', 'text must be a string; times must be an integer number'],
  ])('tells the model about %s', async (_, text, detail) => {
    expect(parse('echo', text).error).toBeUndefined();
    expect((await run('echo', text)).result).toEqual({ error: 'invalid_arguments', detail });
  });

  it('logs the tool and the reason of a refusal and nothing of the arguments', async () => {
    await run('echo', '{"text":"hi","my private note":1}');
    expect(warnings.mock.calls).toEqual([
      [{ event: 'tool_refused', tool: 'echo', reason: 'invalid_arguments' }],
    ]);
  });

  it.each([
    ['drop_tables', 'drop_tables'],
    ['x'.repeat(100), 'x'.repeat(64)],
    ['line\nbreak', 'unknown'],
    ['', 'unknown'],
    ['__proto__', '__proto__'],
  ])('refuses the unknown tool %j under a plain name', async (name, plain) => {
    const call = parse(name, '{"text":"hi"}');
    expect(call).toMatchObject({ name: plain, arguments: { text: 'hi' }, error: 'unknown_tool' });
    expect(await run(name, '{}')).toMatchObject({
      ok: false,
      error: 'unknown_tool',
      result: {
        error: 'unknown_tool',
        detail: 'there is no such tool; there are: change, echo, fail',
      },
    });
    expect(warnings).toHaveBeenCalledWith({ event: 'tool_refused', tool: plain, reason: 'unknown_tool' });
  });

  it('tells the model what the user may know of a failure, and takes back what was done', async () => {
    expect((await run('fail', '{"how":"not found"}')).result).toEqual({
      error: 'not_found',
      detail: 'Task not found.',
    });
    expect(transaction.rolledBack).toBe(1);
  });

  it('tells the model nothing of a bug, and logs it', async () => {
    expect((await run('fail', '{"how":"bug"}')).result).toEqual({
      error: 'internal',
      detail: 'The tool failed and changed nothing.',
    });
    expect(errors).toHaveBeenCalledWith(
      expect.objectContaining({ event: 'tool_failed', tool: 'fail', type: 'TypeError' }),
    );
  });

  it.each(['lost database', 'known lost database'])('throws for a %s', async (how) => {
    await expect(run('fail', JSON.stringify({ how }))).rejects.toThrow();
  });

  it('names what the database did and caps what the model reads', async () => {
    const outcome = await run('change', '{}');
    expect(outcome.changes).toEqual([{ tool: 'change', task_id: 7, change: 'created', title: 'Buy milk' }]);
    expect(outcome.images).toEqual([image]);
    expect(Buffer.byteLength(JSON.stringify(outcome.result))).toBeLessThanOrEqual(8192);
  });

  it('refuses to start with two tools of one name', async () => {
    @Tool({ name: 'repeat', description: 'Takes the alias of another.' })
    class SecondTool extends EchoTool {}
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [ToolRegistry, EchoTool, SecondTool],
    }).compile();
    await expect(module.init()).rejects.toThrow('Two tools are called repeat.');
  });
});

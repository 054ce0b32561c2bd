import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TasksModule } from '../tasks/tasks.module';
import { TasksService } from '../tasks/tasks.service';
import { ToolRegistry } from './tool-registry';
import type { ToolDefinition } from './tool.types';
import { ToolsModule } from './tools.module';

/** Definitions need no tasks. */
@Module({ providers: [{ provide: TasksService, useValue: {} }], exports: [TasksService] })
class NoTasksModule {}

const PRIORITY = { type: 'string', enum: ['none', 'low', 'medium', 'high', 'urgent'] };
const TASK_ID = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const DESCRIPTION = { type: 'string', minLength: 0, maxLength: 2000 };
const DUE = { type: 'string', minLength: 0, maxLength: 100 };
const TITLE = { type: 'string', minLength: 1, maxLength: 200, pattern: '\\S' };
const TAGS = { type: 'array', items: { type: 'string', minLength: 1, maxLength: 50 }, maxItems: 20 };

/** What the model sees of the six tools, without the descriptions. */
const EXPECTED = {
  add_task: {
    properties: { title: TITLE, description: DESCRIPTION, due: DUE, priority: PRIORITY, tags: TAGS },
    required: ['title'],
  },
  complete_task: { properties: { task_id: TASK_ID }, required: ['task_id'] },
  delete_task: { properties: { task_id: TASK_ID }, required: ['task_id'] },
  get_task: { properties: { task_id: TASK_ID }, required: ['task_id'] },
  list_tasks: {
    properties: {
      status: { type: 'string', enum: ['all', 'pending', 'completed'] },
      query: { type: 'string', minLength: 0, maxLength: 200 },
      limit: { type: 'integer', minimum: 1, maximum: 100 },
    },
    required: [],
  },
  update_task: {
    properties: {
      task_id: TASK_ID,
      title: TITLE,
      description: DESCRIPTION,
      due: DUE,
      priority: PRIORITY,
      tags: TAGS,
      completed: { type: 'boolean' },
    },
    required: ['task_id'],
  },
};

type Properties = Record<string, Record<string, unknown>>;

describe('ToolsModule', () => {
  let definitions: ToolDefinition[];

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [ToolsModule] })
      .overrideModule(TasksModule)
      .useModule(NoTasksModule)
      .compile();
    await module.init();
    definitions = module.get(ToolRegistry).definitions();
  });

  const propertiesOf = ({ parameters }: ToolDefinition): Properties => parameters.properties as Properties;

  it('tells the model six tools, by name', () => {
    expect(definitions.map(({ name }) => name)).toEqual(Object.keys(EXPECTED));
  });

  it.each(Object.entries(EXPECTED))('tells the arguments of %s', (name, expected) => {
    const definition = definitions.find((each) => each.name === name)!;
    const properties = Object.fromEntries(
      Object.entries(propertiesOf(definition)).map(([property, { description: _, ...schema }]) => [
        property,
        schema,
      ]),
    );
    expect({ ...definition.parameters, properties }).toEqual({
      type: 'object',
      ...expected,
      additionalProperties: false,
    });
  });

  it('describes every tool and every argument', () => {
    for (const definition of definitions) {
      expect(definition.description).toMatch(/\w{3}.*\.$/);
      for (const property of Object.values(propertiesOf(definition))) {
        expect(property.description).toMatch(/\w{3}.*\.$/);
      }
    }
  });
});

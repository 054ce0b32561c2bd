import { Type } from 'class-transformer';
import { IsBoolean, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { toTaskView } from '../../tasks/task.dto';
import type { TaskPatch } from '../../tasks/task.types';
import { toTaskImages } from '../../tasks/task-image';
import {
  AreTaskTags,
  IsTaskDescription,
  IsTaskPriority,
  IsTaskTitle,
  type Priority,
} from '../../tasks/task.rules';
import { TasksService } from '../../tasks/tasks.service';
import { HasLength } from '../../common/text-length';
import { Describe, Undeclared } from '../json-schema';
import type { ToolContext, ToolResult } from '../tool.types';
import { invalidArguments, Tool, TypedTool } from '../typed-tool';
import { DUE_FORMS, toDue } from './due-argument';
import { TaskIdArgument } from './task-id-input';

/** What may be changed; what is left out stays. */
class TaskUpdates {
  @Describe('The new title; leave it out to keep the old one.')
  @IsOptional()
  @IsTaskTitle()
  title?: string;

  @Describe('The new description; an empty text removes it.')
  @IsOptional()
  @IsTaskDescription()
  description?: string;

  @Describe(`When it is due now: ${DUE_FORMS}. An empty text removes the due date.`)
  @IsOptional()
  @HasLength(0, 100)
  @IsString()
  due?: string;

  @Describe('How urgent it is now; none removes the priority.')
  @IsOptional()
  @IsTaskPriority()
  priority?: Priority;

  @Describe('All labels it is to have; an empty list removes them.')
  @IsOptional()
  @AreTaskTags()
  tags?: string[];

  @Describe('true when it is done, false to reopen it.')
  @IsOptional()
  @IsBoolean()
  completed?: boolean;
}

class UpdateTaskInput extends TaskUpdates {
  @TaskIdArgument()
  task_id!: number;

  /** How other task servers take the changes; a flat field outweighs the same one in here. */
  @Undeclared()
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => TaskUpdates)
  updates?: TaskUpdates;
}

@Tool({
  name: 'update_task',
  description: 'Changes a task of the signed-in user: only the fields that are given.',
})
export class UpdateTaskTool extends TypedTool<UpdateTaskInput> {
  readonly input = UpdateTaskInput;

  constructor(private readonly tasks: TasksService) {
    super();
  }

  async run({ task_id: id, updates, ...flat }: UpdateTaskInput, context: ToolContext): Promise<ToolResult> {
    const patch = toPatch({ ...given(updates ?? {}), ...given(flat) }, context);
    const change = await this.tasks.update(context.userId, id, patch, { tx: context.tx });
    return { result: { task: toTaskView(change.after) }, changes: toTaskImages(change) };
  }
}

function given(updates: TaskUpdates): TaskUpdates {
  return Object.fromEntries(Object.entries(updates).filter(([, value]) => value !== undefined));
}

function toPatch(updates: TaskUpdates, context: ToolContext): TaskPatch {
  if (Object.keys(updates).length === 0) throw invalidArguments('name at least one field to change');
  const { description, due, completed, ...fields } = updates;
  return {
    ...fields,
    ...(description === undefined ? {} : { description: description || null }),
    ...(due === undefined ? {} : { due: toDue(due, context) }),
    ...(completed === undefined ? {} : { isCompleted: completed }),
  };
}

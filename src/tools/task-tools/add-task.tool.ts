import { IsOptional, IsString } from 'class-validator';
import { toTaskView } from '../../tasks/task.dto';
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
import { Describe } from '../json-schema';
import type { ToolContext, ToolResult } from '../tool.types';
import { Tool, TypedTool } from '../typed-tool';
import { DUE_FORMS, toDue } from './due-argument';

class AddTaskInput {
  @Describe('What is to be done, in the words of the user, without the date.')
  @IsTaskTitle()
  title!: string;

  @Describe('More about it, where the user said more.')
  @IsOptional()
  @IsTaskDescription()
  description?: string;

  @Describe(`When it is due: ${DUE_FORMS}.`)
  @IsOptional()
  @HasLength(0, 100)
  @IsString()
  due?: string;

  @Describe('How urgent it is; none unless the user said so.')
  @IsOptional()
  @IsTaskPriority()
  priority?: Priority;

  @Describe('Labels, where the user named some.')
  @IsOptional()
  @AreTaskTags()
  tags?: string[];
}

@Tool({
  name: 'add_task',
  description: "Adds a task to the signed-in user's list.",
  aliases: ['create_task'],
})
export class AddTaskTool extends TypedTool<AddTaskInput> {
  readonly input = AddTaskInput;

  constructor(private readonly tasks: TasksService) {
    super();
  }

  async run(input: AddTaskInput, context: ToolContext): Promise<ToolResult> {
    const { title, description, due = '', priority, tags } = input;
    const change = await this.tasks.create(
      context.userId,
      { title, description: description || null, due: toDue(due, context), priority, tags },
      { tx: context.tx },
    );
    return { result: { task: toTaskView(change.after) }, changes: toTaskImages(change) };
  }
}

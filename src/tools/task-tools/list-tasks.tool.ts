import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { toTaskView } from '../../tasks/task.dto';
import { IsTaskQuery, TASK_STATUSES } from '../../tasks/task.rules';
import type { TaskFilter } from '../../tasks/task.types';
import { TasksService } from '../../tasks/tasks.service';
import { Describe } from '../json-schema';
import type { ToolContext, ToolResult } from '../tool.types';
import { Tool, TypedTool } from '../typed-tool';

class ListTasksInput {
  @Describe('Which tasks; all unless given.')
  @IsOptional()
  @IsIn(['all', ...TASK_STATUSES])
  status?: TaskFilter['status'];

  @Describe('Only tasks with this text in the title or the description, in any case.')
  @IsOptional()
  @IsTaskQuery()
  query?: string;

  @Describe('How many at most; 50 unless given.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

@Tool({
  name: 'list_tasks',
  description:
    "Lists the signed-in user's tasks, newest first, with how many there are in total. Use it to find the id of a task.",
})
export class ListTasksTool extends TypedTool<ListTasksInput> {
  readonly input = ListTasksInput;

  constructor(private readonly tasks: TasksService) {
    super();
  }

  async run({ status, query, limit = 50 }: ListTasksInput, { userId, tx }: ToolContext): Promise<ToolResult> {
    const { tasks, total } = await this.tasks.listNewest(userId, { status, text: query }, limit, tx);
    return { result: { tasks: tasks.map(toTaskView), total } };
  }
}

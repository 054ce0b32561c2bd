import { toTaskView } from '../../tasks/task.dto';
import { TasksService } from '../../tasks/tasks.service';
import type { ToolContext, ToolResult } from '../tool.types';
import { Tool, TypedTool } from '../typed-tool';
import { TaskIdInput } from './task-id-input';

@Tool({ name: 'get_task', description: 'Shows one task of the signed-in user in full.' })
export class GetTaskTool extends TypedTool<TaskIdInput> {
  readonly input = TaskIdInput;

  constructor(private readonly tasks: TasksService) {
    super();
  }

  async run({ task_id: id }: TaskIdInput, { userId, tx }: ToolContext): Promise<ToolResult> {
    return { result: { task: toTaskView(await this.tasks.find(userId, id, tx)) } };
  }
}

import { toTaskView } from '../../tasks/task.dto';
import { toTaskImages } from '../../tasks/task-image';
import { TasksService } from '../../tasks/tasks.service';
import type { ToolContext, ToolResult } from '../tool.types';
import { Tool, TypedTool } from '../typed-tool';
import { TaskIdInput } from './task-id-input';

@Tool({ name: 'complete_task', description: 'Marks a task of the signed-in user as done.' })
export class CompleteTaskTool extends TypedTool<TaskIdInput> {
  readonly input = TaskIdInput;

  constructor(private readonly tasks: TasksService) {
    super();
  }

  async run({ task_id: id }: TaskIdInput, { userId, tx }: ToolContext): Promise<ToolResult> {
    const change = await this.tasks.complete(userId, id, { tx });
    return { result: { task: toTaskView(change.after) }, changes: toTaskImages(change) };
  }
}

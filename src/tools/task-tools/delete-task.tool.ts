import { toTaskView } from '../../tasks/task.dto';
import { toTaskImages } from '../../tasks/task-image';
import { TasksService } from '../../tasks/tasks.service';
import type { ToolContext, ToolResult } from '../tool.types';
import { Tool, TypedTool } from '../typed-tool';
import { TaskIdInput } from './task-id-input';

@Tool({
  name: 'delete_task',
  description: 'Removes a task of the signed-in user. For a task that is done, use complete_task instead.',
})
export class DeleteTaskTool extends TypedTool<TaskIdInput> {
  readonly input = TaskIdInput;

  constructor(private readonly tasks: TasksService) {
    super();
  }

  async run({ task_id: id }: TaskIdInput, { userId, tx }: ToolContext): Promise<ToolResult> {
    const change = await this.tasks.delete(userId, id, { tx });
    return { result: { task: toTaskView(change.after), deleted: true }, changes: toTaskImages(change) };
  }
}

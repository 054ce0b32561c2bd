import { applyDecorators } from '@nestjs/common';
import { IsInt, Max, Min } from 'class-validator';
import { Describe } from '../json-schema';

export const TaskIdArgument = (): PropertyDecorator =>
  applyDecorators(
    Describe("The task's id, as list_tasks shows it. Never guess one."),
    IsInt(),
    Min(1),
    Max(Number.MAX_SAFE_INTEGER),
  );

/** What the tools about one task take. */
export class TaskIdInput {
  @TaskIdArgument()
  task_id!: number;
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { AppError } from '../common/app-error';
import { IsOmittable } from '../common/is-omittable';
import { PageQuery } from '../common/page';
import { formatDue, IsDue, NO_DUE, parseDue } from './due';
import type { Task } from './task.entity';
import {
  AreTaskTags,
  IsTaskDescription,
  IsTaskPriority,
  IsTaskQuery,
  IsTaskTitle,
  PRIORITIES,
  type Priority,
  TASK_STATUSES,
  type TaskStatus,
} from './task.rules';
import type { NewTask, TaskPatch } from './task.types';

export class ListTasksQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['all', ...TASK_STATUSES], default: 'all' })
  @IsOptional()
  @IsIn(['all', ...TASK_STATUSES])
  status: TaskStatus | 'all' = 'all';

  @ApiPropertyOptional({
    description: 'A part of the title or the description, in any case',
    example: 'milk',
  })
  @IsOptional()
  @IsTaskQuery()
  q?: string;
}

/** What a new task and a change of one may both hold. */
class TaskFieldsRequest {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 2000, example: '2 litres, oat' })
  @IsOptional()
  @IsTaskDescription()
  description?: string | null;

  @ApiPropertyOptional({ type: String, enum: PRIORITIES, nullable: true })
  @IsOptional()
  @IsTaskPriority()
  priority?: Priority | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: '2026-11-25',
    description: 'A date, the same in every time zone, or an instant with offset',
  })
  @IsOptional()
  @IsDue()
  due_at?: string | null;

  @ApiPropertyOptional({ type: [String], nullable: true, maxItems: 20, example: ['home'] })
  @IsOptional()
  @AreTaskTags()
  tags?: string[] | null;
}

export class CreateTaskRequest extends TaskFieldsRequest {
  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Buy milk' })
  @IsTaskTitle()
  title!: string;
}

/** Absent keeps, null clears. */
export class UpdateTaskRequest extends TaskFieldsRequest {
  @ApiPropertyOptional({ minLength: 1, maxLength: 200, example: 'Buy oat milk' })
  @IsOmittable()
  @IsTaskTitle()
  title?: string;

  @ApiPropertyOptional({ example: true })
  @IsOmittable()
  @IsBoolean()
  completed?: boolean;

  @ApiPropertyOptional({ enum: TASK_STATUSES, description: 'The same as completed, in words' })
  @IsOmittable()
  @IsIn(TASK_STATUSES)
  status?: TaskStatus;
}

export class TaskView {
  @ApiProperty({ type: 'integer', example: 7 })
  id!: number;

  @ApiProperty({ example: 'Buy milk' })
  title!: string;

  @ApiProperty({ type: String, nullable: true, example: null })
  description!: string | null;

  @ApiProperty({ enum: TASK_STATUSES })
  status!: TaskStatus;

  @ApiProperty({ example: false })
  completed!: boolean;

  @ApiProperty({ enum: PRIORITIES })
  priority!: Priority;

  @ApiProperty({ type: String, nullable: true, example: '2026-11-25' })
  due_at!: string | null;

  @ApiProperty({ example: ['home'] })
  tags!: string[];

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:30:00.000Z' })
  created_at!: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:30:00.000Z' })
  updated_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  completed_at!: string | null;

  @ApiProperty({ type: 'integer', example: 1 })
  version!: number;
}

export class TaskPageView {
  @ApiProperty({ type: [TaskView] })
  items!: TaskView[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor!: string | null;
}

export function toNewTask(body: CreateTaskRequest): NewTask {
  return { ...toFields(body), title: body.title };
}

/** @throws AppError validation_failed where status and completed say different things */
export function toTaskPatch(body: UpdateTaskRequest): TaskPatch {
  const { title, completed, status } = body;
  const isCompleted = completed ?? (status === undefined ? undefined : status === 'completed');
  if (status !== undefined && isCompleted !== (status === 'completed')) {
    const message = 'status and completed contradict each other';
    throw new AppError('validation_failed', message, { details: [{ path: ['status'], message }] });
  }
  return {
    ...toFields(body),
    ...(title === undefined ? {} : { title }),
    ...(isCompleted === undefined ? {} : { isCompleted }),
  };
}

/** null becomes what "cleared" means for the field; what is absent stays absent. */
function toFields({ description, priority, due_at, tags }: TaskFieldsRequest): Omit<TaskPatch, 'title'> {
  return {
    ...(description === undefined ? {} : { description }),
    ...(priority === undefined ? {} : { priority: priority ?? 'none' }),
    ...(due_at === undefined ? {} : { due: due_at === null ? NO_DUE : parseDue(due_at) }),
    ...(tags === undefined ? {} : { tags: tags ?? [] }),
  };
}

export function toTaskView(task: Task): TaskView {
  return {
    id: task.id,
    title: task.title,
    description: task.description,
    status: task.status,
    completed: task.status === 'completed',
    priority: task.priority,
    due_at: formatDue(task),
    tags: task.tags,
    created_at: task.createdAt.toISOString(),
    updated_at: task.updatedAt.toISOString(),
    completed_at: task.completedAt?.toISOString() ?? null,
    version: task.version,
  };
}

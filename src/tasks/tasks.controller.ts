import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  UseInterceptors,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { Scopes } from '../auth/scopes';
import type { Page } from '../common/page';
import { ParseIdPipe } from '../common/parse-id.pipe';
import { IfMatch } from './if-match';
import {
  CreateTaskRequest,
  ListTasksQuery,
  TaskPageView,
  TaskView,
  toNewTask,
  toTaskPatch,
  toTaskView,
  UpdateTaskRequest,
} from './task.dto';
import { TasksService } from './tasks.service';
import { VersionEtagInterceptor } from './version-etag.interceptor';

const ApiIfMatch = (): MethodDecorator =>
  ApiHeader({ name: 'If-Match', required: false, description: 'The version to change, as `ETag` gave it' });

/** Of a single task: the `VersionEtagInterceptor` gives it. */
const ETAG = {
  ETag: {
    description: 'The version, for `If-Match`',
    required: true,
    schema: { type: 'string' as const, example: '"1"' },
  },
};

@ApiTags('tasks')
@ApiBearerAuth()
@UseInterceptors(VersionEtagInterceptor)
@Scopes('tasks')
@Controller('api/tasks')
export class TasksController {
  constructor(private readonly tasks: TasksService) {}

  @Get()
  @ApiOperation({ operationId: 'listTasks', summary: 'Lists tasks, newest first' })
  @ApiOkResponse({ type: TaskPageView })
  async list(@CurrentUser() user: Principal, @Query() query: ListTasksQuery): Promise<Page<TaskView>> {
    const { items, next_cursor } = await this.tasks.list(
      user.id,
      { status: query.status, text: query.q },
      query,
    );
    return { items: items.map(toTaskView), next_cursor };
  }

  @Post()
  @ApiOperation({ operationId: 'createTask', summary: 'Adds a task' })
  @ApiBody({
    type: CreateTaskRequest,
    examples: {
      title: { value: { title: 'Buy milk' } },
      full: {
        value: {
          title: 'File the tax return',
          description: 'Receipts are in the blue folder',
          priority: 'high',
          due_at: '2026-11-25T17:00:00+01:00',
          tags: ['home', 'money'],
        },
      },
    },
  })
  @ApiCreatedResponse({ type: TaskView, headers: ETAG })
  async create(@CurrentUser() user: Principal, @Body() body: CreateTaskRequest): Promise<TaskView> {
    const { after } = await this.tasks.create(user.id, toNewTask(body));
    return toTaskView(after);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getTask', summary: 'A task; its ETag goes into If-Match' })
  @ApiOkResponse({ type: TaskView, headers: ETAG })
  async find(@CurrentUser() user: Principal, @Param('id', ParseIdPipe) id: number): Promise<TaskView> {
    return toTaskView(await this.tasks.find(user.id, id));
  }

  @Patch(':id')
  @ApiOperation({ operationId: 'updateTask', summary: 'Changes a task: what is absent stays, null clears' })
  @ApiIfMatch()
  @ApiBody({
    type: UpdateTaskRequest,
    examples: {
      rename: { value: { title: 'Buy oat milk' } },
      clear: { value: { due_at: null, description: null } },
      complete: { value: { completed: true } },
    },
  })
  @ApiOkResponse({ type: TaskView, headers: ETAG })
  async update(
    @CurrentUser() user: Principal,
    @Param('id', ParseIdPipe) id: number,
    @Body() body: UpdateTaskRequest,
    @IfMatch() ifVersion?: number,
  ): Promise<TaskView> {
    const { after } = await this.tasks.update(user.id, id, toTaskPatch(body), { ifVersion });
    return toTaskView(after);
  }

  @Post(':id/complete')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'completeTask',
    summary: 'Marks a task as done; a second call keeps the first time',
  })
  @ApiIfMatch()
  @ApiOkResponse({ type: TaskView, headers: ETAG })
  async complete(
    @CurrentUser() user: Principal,
    @Param('id', ParseIdPipe) id: number,
    @IfMatch() ifVersion?: number,
  ): Promise<TaskView> {
    const { after } = await this.tasks.complete(user.id, id, { ifVersion });
    return toTaskView(after);
  }

  @Post(':id/reopen')
  @HttpCode(200)
  @ApiOperation({ operationId: 'reopenTask', summary: 'Makes a done task pending again' })
  @ApiIfMatch()
  @ApiOkResponse({ type: TaskView, headers: ETAG })
  async reopen(
    @CurrentUser() user: Principal,
    @Param('id', ParseIdPipe) id: number,
    @IfMatch() ifVersion?: number,
  ): Promise<TaskView> {
    const { after } = await this.tasks.reopen(user.id, id, { ifVersion });
    return toTaskView(after);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteTask', summary: 'Deletes a task' })
  @ApiIfMatch()
  @ApiNoContentResponse()
  async delete(
    @CurrentUser() user: Principal,
    @Param('id', ParseIdPipe) id: number,
    @IfMatch() ifVersion?: number,
  ): Promise<void> {
    await this.tasks.delete(user.id, id, { ifVersion });
  }
}

import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TasksModule } from '../tasks/tasks.module';
import { AddTaskTool } from './task-tools/add-task.tool';
import { CompleteTaskTool } from './task-tools/complete-task.tool';
import { DeleteTaskTool } from './task-tools/delete-task.tool';
import { GetTaskTool } from './task-tools/get-task.tool';
import { ListTasksTool } from './task-tools/list-tasks.tool';
import { UpdateTaskTool } from './task-tools/update-task.tool';
import { ToolRegistry } from './tool-registry';

/** A new tool is a class of its own and a line here. */
@Module({
  imports: [DiscoveryModule, TasksModule],
  providers: [
    ToolRegistry,
    AddTaskTool,
    CompleteTaskTool,
    DeleteTaskTool,
    GetTaskTool,
    ListTasksTool,
    UpdateTaskTool,
  ],
  exports: [ToolRegistry],
})
export class ToolsModule {}

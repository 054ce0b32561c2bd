import { applyDecorators } from '@nestjs/common';
import { ArrayMaxSize, IsArray, IsIn, IsString, Matches } from 'class-validator';
import { IsStorableText } from '../common/storable-text';
import { HasLength } from '../common/text-length';

/** What a field of a task may hold; one rule for the REST bodies and the tools' arguments. */

export const TASK_STATUSES = ['pending', 'completed'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const PRIORITIES = ['none', 'low', 'medium', 'high', 'urgent'] as const;
export type Priority = (typeof PRIORITIES)[number];

const NOT_BLANK = /\S/;

export const IsTaskTitle = (): PropertyDecorator =>
  applyDecorators(
    IsString(),
    HasLength(1, 200),
    Matches(NOT_BLANK, { message: '$property must not be blank' }),
    IsStorableText(),
  );

export const IsTaskDescription = (): PropertyDecorator =>
  applyDecorators(IsString(), HasLength(0, 2000), IsStorableText());

export const IsTaskPriority = (): PropertyDecorator => applyDecorators(IsIn(PRIORITIES));

export const AreTaskTags = (): PropertyDecorator =>
  applyDecorators(
    IsArray(),
    ArrayMaxSize(20),
    IsString({ each: true }),
    HasLength(1, 50, { each: true }),
    IsStorableText(),
  );

export const IsTaskQuery = (): PropertyDecorator =>
  applyDecorators(IsString(), HasLength(0, 200), IsStorableText());

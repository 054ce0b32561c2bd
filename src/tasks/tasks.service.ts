import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { isDeepStrictEqual } from 'node:util';
import { type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import { AppError, notFound } from '../common/app-error';
import { Clock } from '../common/clock';
import { decodeCursor, type Page, toPage } from '../common/page';
import { Database, type Transaction } from '../database/database.service';
import { NO_DUE } from './due';
import { Task } from './task.entity';
import type { NewTask, TaskChange, TaskFilter, TaskPatch } from './task.types';

/** The columns that a write may set; version and updated_at follow by themselves. */
type TaskColumns = Partial<Omit<Task, 'id' | 'userId' | 'version' | 'createdAt' | 'updatedAt'>>;

export interface WriteOptions {
  /** The caller's transaction; without one the write is a transaction of its own. */
  tx?: Transaction;
  /** Refuses with `version_conflict` where the task has another version. */
  ifVersion?: number;
}

/**
 * The tasks of one user at a time: whose they are stands in every WHERE, so another user's task is as absent as a
 * deleted one. Writes give both sides of the row.
 */
@Injectable()
export class TasksService {
  constructor(
    private readonly database: Database,
    @InjectRepository(Task) private readonly repository: Repository<Task>,
    private readonly clock: Clock,
  ) {}

  /** One statement. */
  async create(userId: string, input: NewTask, { tx }: WriteOptions = {}): Promise<TaskChange> {
    const { title, description = null, priority = 'none', due = NO_DUE, tags = [] } = input;
    const task = this.repository.create({
      userId,
      title,
      description,
      priority,
      ...due,
      tags,
      status: 'pending',
      completedAt: null,
      deletedAt: null,
    });
    await this.with(tx, (manager) => manager.insert(Task, task));
    return { before: null, after: task };
  }

  /** @throws AppError not_found when it is absent or another user's */
  async find(userId: string, id: number, tx?: Transaction): Promise<Task> {
    const task = await this.with(tx, (manager) => manager.findOneBy(Task, { id, userId }));
    if (task === null) throw notFound('Task');
    return task;
  }

  /** Newest first. */
  async list(
    userId: string,
    filter: TaskFilter,
    page: { limit: number; cursor?: string },
  ): Promise<Page<Task>> {
    const [before] = page.cursor === undefined ? [] : decodeCursor(page.cursor, ['id']);
    const tasks = await this.with(undefined, (manager) => {
      const select = this.select(manager, userId, filter).limit(page.limit + 1);
      if (before !== undefined) select.andWhere('task.id < :before', { before });
      return select.getMany();
    });
    return toPage(
      tasks,
      page.limit,
      (task) => task,
      (task) => [task.id],
    );
  }

  /** The newest tasks, and how many there are in all. */
  async listNewest(
    userId: string,
    filter: TaskFilter,
    limit: number,
    tx?: Transaction,
  ): Promise<{ tasks: Task[]; total: number }> {
    const [tasks, total] = await this.with(tx, (manager) =>
      this.select(manager, userId, filter).take(limit).getManyAndCount(),
    );
    return { tasks, total };
  }

  async update(userId: string, id: number, patch: TaskPatch, options?: WriteOptions): Promise<TaskChange> {
    const { due, isCompleted, ...columns } = patch;
    return this.write(userId, id, options, (task) => ({
      ...columns,
      ...due,
      ...(isCompleted === undefined ? {} : this.completion(task, isCompleted)),
    }));
  }

  /** Marks a task as done. A second call keeps the first time. */
  async complete(userId: string, id: number, options?: WriteOptions): Promise<TaskChange> {
    return this.write(userId, id, options, (task) => this.completion(task, true));
  }

  async reopen(userId: string, id: number, options?: WriteOptions): Promise<TaskChange> {
    return this.write(userId, id, options, (task) => this.completion(task, false));
  }

  /** Hides a task for good; the row stays for the journal. */
  async delete(userId: string, id: number, options?: WriteOptions): Promise<TaskChange> {
    return this.write(userId, id, options, () => ({ deletedAt: this.clock.now() }));
  }

  /**
   * Locks the row, so that nobody changes it between the check of its version and the write, and writes what differs.
   * Two statements at most.
   * @throws AppError not_found, version_conflict
   */
  private async write(
    userId: string,
    id: number,
    { tx, ifVersion }: WriteOptions = {},
    decide: (task: Task) => TaskColumns,
  ): Promise<TaskChange> {
    if (tx === undefined) {
      return this.database.transaction((own) => this.write(userId, id, { tx: own, ifVersion }, decide));
    }
    const before = await tx.manager.findOne(Task, {
      where: { id, userId },
      lock: { mode: 'pessimistic_write' },
    });
    if (before === null) throw notFound('Task');
    if (ifVersion !== undefined && ifVersion !== before.version) {
      throw new AppError('version_conflict', `The task is at version ${before.version} by now.`);
    }
    const columns = differing(before, decide(before));
    if (Object.keys(columns).length === 0) return { before, after: before };
    const after = tx.manager.create(Task, { ...before, ...columns });
    const update = tx.manager.createQueryBuilder().update(Task).set(columns);
    // `whereEntity` also reads the new version and updated_at back into `after`.
    const guard = { userId, version: before.version };
    await update.whereEntity(after).andWhere('userId = :userId AND version = :version', guard).execute();
    return { before, after };
  }

  private completion(task: Task, isCompleted: boolean): TaskColumns {
    if (isCompleted === (task.status === 'completed')) return {};
    return isCompleted
      ? { status: 'completed', completedAt: this.clock.now() }
      : { status: 'pending', completedAt: null };
  }

  private select(
    manager: EntityManager,
    userId: string,
    { status = 'all', text }: TaskFilter,
  ): SelectQueryBuilder<Task> {
    const select = manager.createQueryBuilder(Task, 'task').where('task.userId = :userId', { userId });
    if (status !== 'all') select.andWhere('task.status = :status', { status });
    if (text) {
      const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
      select.andWhere('(task.title ILIKE :pattern OR task.description ILIKE :pattern)', { pattern });
    }
    return select.orderBy('task.id', 'DESC');
  }

  private with<T>(tx: Transaction | undefined, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return tx === undefined ? this.database.withEntities(work) : work(tx.manager);
  }
}

function differing(task: Task, columns: TaskColumns): TaskColumns {
  return Object.fromEntries(
    Object.entries(columns).filter(
      ([name, value]) => value !== undefined && !isDeepStrictEqual(value, task[name as keyof Task]),
    ),
  );
}

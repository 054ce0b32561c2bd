import { nameChange, type TaskRow } from './task-image';

const row = (over: Partial<TaskRow>): TaskRow => ({
  title: 'Buy milk',
  description: null,
  status: 'pending',
  priority: 'none',
  due_on: null,
  due_at: null,
  tags: [],
  version: 1,
  created_at: '2026-11-20T10:00:00.000Z',
  updated_at: '2026-11-20T10:00:00.000Z',
  completed_at: null,
  deleted_at: null,
  ...over,
});
const deleted = row({ deleted_at: '2026-11-20T11:00:00.000Z' });
const done = row({ status: 'completed' });

describe('nameChange', () => {
  it.each([
    ['created', null, row({})],
    ['updated', row({}), row({ title: 'Buy bread' })],
    ['completed', row({}), done],
    ['completed', row({}), { ...done, title: 'Buy bread' }],
    ['reopened', done, row({})],
    ['deleted', row({}), deleted],
    ['restored', deleted, row({})],
  ])('%s', (name, before, after) => {
    expect(nameChange({ table: 'tasks', id: 1, before, after })).toBe(name);
  });
});

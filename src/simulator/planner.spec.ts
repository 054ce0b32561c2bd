import type { DeclaredTool, Entry, ModelRequest } from './dialogue';
import { decide } from './planner';
import {
  converse,
  NOW,
  priority,
  TASK_TOOLS,
  TaskList,
  text,
  tool,
} from '../../test/support/simulated-conversation';

describe('adding and listing', () => {
  it('adds a task and names it with its id', () => {
    const { calls, answer } = converse('Add a task to buy milk tomorrow', new TaskList());
    expect(calls).toEqual([['add_task', { title: 'Buy milk', due: 'tomorrow' }]]);
    expect(answer).toBe('Added task #1 “Buy milk” (due tomorrow).');
  });

  it('makes independent calls at once and lists after them', () => {
    const list = new TaskList();
    const { calls, answer, steps } = converse(
      'Add buy milk tomorrow and call mom on Friday, then show my list',
      list,
    );
    expect(calls).toEqual([
      ['add_task', { title: 'Buy milk', due: 'tomorrow' }],
      ['add_task', { title: 'Call mom', due: 'Friday' }],
      ['list_tasks', { status: 'all' }],
    ]);
    expect(steps).toBe(3);
    expect(answer).toContain(
      'You have 2 tasks:\n- #1 “Buy milk” (due tomorrow)\n- #2 “Call mom” (due Friday)',
    );
  });

  it('makes one call at a time where parallel calls are off', () => {
    const { calls, steps } = converse('Add three tasks: a, b and c', new TaskList(), {
      allowsParallelCalls: false,
    });
    expect(calls).toHaveLength(3);
    expect(steps).toBe(4);
  });

  it('shows what is due on a day of the user’s zone', () => {
    const list = new TaskList('Today', 'Tomorrow', 'Never');
    Object.assign(list.tasks[0]!, { due_at: '2026-11-22' });
    Object.assign(list.tasks[1]!, { due_at: '2026-11-23' });
    const context =
      '<context>Current time: Sunday 2026-11-22 07:00 (GMT+09:00). Time zone: Asia/Tokyo.</context>';
    const { answer } = converse(`What is due today?\n\n${context}`, list);
    expect(answer).toBe('You have 1 open task due today:\n- #1 “Today” (due 2026-11-22)');
  });

  it('asks for a title and takes the answer as one', () => {
    const list = new TaskList();
    const { answer, entries } = converse('Add a task', list);
    expect(answer).toBe('What should the task be called?');
    expect(converse('buy milk on Friday', list, { before: entries }).calls).toEqual([
      ['add_task', { title: 'Buy milk', due: 'Friday' }],
    ]);
  });
});

describe('a task named by words', () => {
  it('is looked up and then changed by its id', () => {
    const list = new TaskList('Call mom', 'Buy milk');
    const { calls, answer } = converse('Complete the milk task', list);
    expect(calls).toEqual([
      ['list_tasks', { status: 'all', query: 'milk' }],
      ['complete_task', { task_id: 2 }],
    ]);
    expect(answer).toBe('Completed task #2 “Buy milk”.');
  });

  it('is asked about where several fit, and the answer picks one', () => {
    const list = new TaskList('Buy milk', 'Drink milk');
    const { answer, entries, calls } = converse('delete the milk task', list);
    expect(calls.map(([name]) => name)).toEqual(['list_tasks']);
    expect(answer).toBe('2 tasks match “milk”. Which one do you mean?\n- #1 “Buy milk”\n- #2 “Drink milk”');
    for (const reply of ['2', 'the second one', 'task 2', 'the last one']) {
      const picked = converse(reply, new TaskList('Buy milk', 'Drink milk'), { before: entries });
      expect([reply, picked.calls]).toEqual([reply, [['delete_task', { task_id: 2 }]]]);
    }
  });

  it('is said to be missing where none fits', () => {
    const { answer, calls } = converse('delete the bread task', new TaskList('Buy milk'));
    expect(calls).toEqual([
      ['list_tasks', { status: 'all', query: 'bread' }],
      ['list_tasks', { status: 'all', limit: 100 }],
    ]);
    expect(answer).toBe('I found no task matching “bread”.');
  });

  it('is not changed on half a match before the user says yes', () => {
    const list = new TaskList('Call the dentist');
    const { answer, entries } = converse('delete the dentist appointment', list);
    expect(answer).toBe('Do you mean task #1 “Call the dentist”?');
    expect(converse('yes', list, { before: entries }).calls).toEqual([['delete_task', { task_id: 1 }]]);
    expect(converse('no', list, { before: entries })).toMatchObject({
      calls: [],
      answer: 'All right, nothing was changed.',
    });
  });

  it('prefers what the verb says: “I bought the milk” means “Buy milk”', () => {
    const { calls } = converse('I bought the milk', new TaskList('Drink milk', 'Buy milk'));
    expect(calls.at(-1)).toEqual(['complete_task', { task_id: 2 }]);
  });

  it('finds other endings of the word', () => {
    expect(converse('complete the eggs task', new TaskList('Buy an egg')).calls).toHaveLength(2);
    expect(
      converse('удали задачу про молоко', new TaskList('Вернуть банку из-под молока')).calls,
    ).toHaveLength(2);
  });

  it('is left alone where it is already done', () => {
    const list = new TaskList('Buy milk');
    list.run('complete_task', { task_id: 1 });
    expect(converse('complete the milk task', list).answer).toBe(
      'Task #1 “Buy milk” (completed) is already done.',
    );
  });
});

describe('changes', () => {
  it.each([
    ['reopen task 1', 'update_task', { task_id: 1, completed: false }],
    ['rename task 1 to Buy oat milk', 'update_task', { task_id: 1, title: 'Buy oat milk' }],
    ['make task 1 urgent', 'update_task', { task_id: 1, priority: 'urgent' }],
    ['change the due date of task 1 to next monday', 'update_task', { task_id: 1, due: 'next monday' }],
    ['delete task 1', 'delete_task', { task_id: 1 }],
  ])('%s', (message, name, values) => {
    expect(converse(message, new TaskList('Buy milk')).calls).toEqual([[name, values]]);
  });

  it('keeps the tags a task has when it adds one', () => {
    const list = new TaskList('Buy milk');
    list.tasks[0]!.tags = ['food'];
    expect(converse('tag task 1 with home', list).calls).toEqual([
      ['get_task', { task_id: 1 }],
      ['update_task', { task_id: 1, tags: ['food', 'home'] }],
    ]);
  });

  it('follows “it” to the task just made', () => {
    const { calls } = converse('Add buy milk and make it urgent', new TaskList('Something else'));
    expect(calls).toEqual([
      ['add_task', { title: 'Buy milk' }],
      ['update_task', { task_id: 2, priority: 'urgent' }],
    ]);
  });

  it('follows “it” and “the first one” into earlier turns', () => {
    const list = new TaskList('Call mom');
    const { entries } = converse('Add buy milk', list);
    expect(converse('complete it', list, { before: entries }).calls).toEqual([
      ['complete_task', { task_id: 2 }],
    ]);
    const shown = converse('Show my tasks', list);
    expect(converse('delete the first one', list, { before: shown.entries }).calls).toEqual([
      ['delete_task', { task_id: 1 }],
    ]);
  });

  it('changes all tasks of a kind at once', () => {
    const list = new TaskList('a', 'b', 'c');
    list.run('complete_task', { task_id: 2 });
    const { calls, steps } = converse('mark everything as done', list);
    expect(calls).toEqual([
      ['list_tasks', { status: 'pending' }],
      ['complete_task', { task_id: 1 }],
      ['complete_task', { task_id: 3 }],
    ]);
    expect(steps).toBe(3);
  });

  it('asks what to change and takes the answer', () => {
    const list = new TaskList('Buy milk');
    const { answer, entries } = converse('change task 1', list);
    expect(answer).toBe('What should I change it to?');
    expect(converse('tomorrow', list, { before: entries }).calls).toEqual([
      ['update_task', { task_id: 1, due: 'tomorrow' }],
    ]);
  });

  it('reports what a tool refused', () => {
    expect(converse('complete task 9', new TaskList()).answer).toBe(
      'I could not complete task #9: There is no such task (not_found).',
    );
  });
});

describe('tools it is given', () => {
  it('calls no tool the request does not declare, and says so', () => {
    const { calls, answer } = converse('Add buy milk tomorrow', new TaskList(), { tools: [] });
    expect(calls).toEqual([]);
    expect(answer).toBe(
      'I would add “Buy milk” (due tomorrow), but this request offers no tool for it, so I have not.',
    );
  });

  it('fills only declared properties', () => {
    const tools = [tool('create_task', { title: text }, ['title'])];
    const move = decide(request('Add buy milk tomorrow, urgent #home', tools), NOW);
    expect(move).toEqual({
      kind: 'calls',
      calls: [{ name: 'create_task', arguments: '{"title":"Buy milk"}' }],
    });
  });

  it('fills null for required properties without a value in strict mode', () => {
    const nullable = (type: string) => ({ type: [type, 'null'] });
    const properties = {
      title: text,
      due: nullable('string'),
      priority: { anyOf: [priority, { type: 'null' }] },
      tags: nullable('array'),
    };
    const move = decide(
      request('Add buy milk tomorrow', [tool('add_task', properties, Object.keys(properties))]),
      NOW,
    );
    expect(move.kind === 'calls' && JSON.parse(move.calls[0]!.arguments)).toEqual({
      title: 'Buy milk',
      due: 'tomorrow',
      priority: null,
      tags: null,
    });
  });

  it('reads other shapes of results: a bare array, string ids', () => {
    const entries: Entry[] = [
      { kind: 'user', text: 'delete the milk task' },
      { kind: 'call', id: 'c1', name: 'list_tasks', arguments: '{"status":"all","query":"milk"}' },
      { kind: 'result', callId: 'c1', text: '[{"id":"7f","title":"Buy milk"}]' },
    ];
    const tools = [tool('list_tasks', {}), tool('delete_task', { id: { type: 'string' } }, ['id'])];
    expect(decide({ ...request('', tools), entries }, NOW)).toEqual({
      kind: 'calls',
      calls: [{ name: 'delete_task', arguments: '{"id":"7f"}' }],
    });
  });

  it('speaks from the results seen once tools are off', () => {
    const { entries } = converse('Add buy milk, then complete task 1', new TaskList());
    const move = decide(
      { ...request('', TASK_TOOLS), entries: entries.slice(0, 3), toolChoice: 'none' },
      NOW,
    );
    expect(move).toEqual({
      kind: 'text',
      text: 'Added task #1 “Buy milk”.\nI would complete task #1, but this request offers no tool for it, so I have not.',
    });
  });

  it('calls a foreign tool whose name shares a word with the message, once', () => {
    const weather = tool('get_weather', { city: text }, ['city']);
    const entries: Entry[] = [{ kind: 'user', text: "What's the weather in Paris?" }];
    expect(decide({ ...request('', [...TASK_TOOLS, weather]), entries }, NOW)).toEqual({
      kind: 'calls',
      calls: [{ name: 'get_weather', arguments: '{"city":"Paris"}' }],
    });
    entries.push({ kind: 'call', id: 'c', name: 'get_weather', arguments: '{"city":"Paris"}' });
    entries.push({ kind: 'result', callId: 'c', text: '"sunny"' });
    expect(decide({ ...request('', [weather]), entries }, NOW)).toEqual({
      kind: 'text',
      text: 'The tool get_weather answered: sunny',
    });
  });

  it.each<[ModelRequest['toolChoice'], string]>([
    ['required', 'list_tasks'],
    [{ name: 'delete_task' }, 'delete_task'],
  ])('calls a tool whatever is said where tool_choice is %p', (toolChoice, name) => {
    const move = decide({ ...request('Hello', TASK_TOOLS), toolChoice }, NOW);
    expect(move.kind === 'calls' && move.calls.map((call) => call.name)).toEqual([name]);
  });
});

it('says what it is when it does not understand', () => {
  expect(converse('Write a poem about cats', new TaskList()).answer).toMatch(
    /^I did not understand “Write a poem about cats”\. I am Keyturn’s offline simulator.*OPENAI_API_KEY/s,
  );
});

function request(message: string, tools: readonly DeclaredTool[]): ModelRequest {
  return {
    entries: [{ kind: 'user', text: message }],
    tools,
    toolChoice: 'auto',
    allowsParallelCalls: true,
    format: { type: 'text' },
  };
}

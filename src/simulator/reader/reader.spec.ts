import type { Intent, Target } from './intent';
import { readIntents } from './reader';

const REFERENCE = { instant: new Date('2026-11-21T10:00:00Z'), timezone: 60 };

const id = (number: number): Target => ({ by: 'id', id: number });
const words = (text: string, hint?: string): Target => ({ by: 'words', words: text, ...(hint && { hint }) });
const all = (status: 'all' | 'pending' | 'completed'): Target => ({ by: 'all', status });
const previous: Target = { by: 'previous' };

const add = (title?: string, more: object = {}): Intent => ({
  kind: 'add',
  ...(title && { title }),
  ...more,
});
const list = (status: 'all' | 'pending' | 'completed' = 'all', more: object = {}): Intent => ({
  kind: 'list',
  status,
  ...more,
});
const show = (target: Target): Intent => ({ kind: 'show', target });
const complete = (target: Target): Intent => ({ kind: 'complete', target });
const reopen = (target: Target): Intent => ({ kind: 'reopen', target });
const remove = (target: Target): Intent => ({ kind: 'delete', target });
const update = (target: Target, changes: object): Intent => ({ kind: 'update', target, changes });
const unknown = (text: string): Intent => ({ kind: 'unknown', text });

type Row = [sentence: string, ...intents: Intent[]];

const adding: Row[] = [
  ['Add a task to buy milk tomorrow', add('Buy milk', { due: 'tomorrow' })],
  ['Add a task', add()],
  ['remind me to call John on Friday at 5pm', add('Call John', { due: 'Friday at 5pm' })],
  ['I need to finish the report by Monday', add('Finish the report', { due: 'Monday' })],
  ['Finish the report by Friday', add('Finish the report', { due: 'Friday' })],
  ['add three tasks: a, b and c', add('A'), add('B'), add('C')],
  [
    'Add buy milk tomorrow and call mom on Friday, then show my list',
    add('Buy milk', { due: 'tomorrow' }),
    add('Call mom', { due: 'Friday' }),
    list(),
  ],
  ['add milk, eggs and bread to my shopping list', add('Milk, eggs and bread')],
  ['Add buy milk and eggs', add('Buy milk and eggs')],
  ['add call Bob and ask about the rent', add('Call Bob and ask about the rent')],
  ['remind me tomorrow to water the plants', add('Water the plants', { due: 'tomorrow' })],
  ['remind me on Friday at 5pm to call John', add('Call John', { due: 'Friday at 5pm' })],
  [
    'Please add a high priority task to submit taxes by April 15 #finance',
    add('Submit taxes', { due: 'April 15', tags: ['finance'], priority: 'high' }),
  ],
  ['Add urgent task: call the bank', add('Call the bank', { priority: 'urgent' })],
  [
    "create a task called 'Prepare slides' with high priority due next Friday tagged work",
    add('Prepare slides', { due: 'next Friday', priority: 'high', tags: ['work'] }),
  ],
  ['todo: clean garage', add('Clean garage')],
  [
    'Add "Read War and Peace, then sleep" tomorrow',
    add('Read War and Peace, then sleep', { due: 'tomorrow' }),
  ],
  [
    'Add these tasks:\n- buy milk\n- walk the dog\n1. call mom tomorrow',
    add('Buy milk'),
    add('Walk the dog'),
    add('Call mom', { due: 'tomorrow' }),
  ],
  ['Add buy milk. Call mom on Friday. Thanks!', add('Buy milk'), add('Call mom', { due: 'Friday' })],
  ['Buy milk', add('Buy milk')],
  ['Need to call the plumber', add('Call the plumber')],
  ["add 'buy milk' and 'buy bread'", add('buy milk'), add('buy bread')],
  ['Add a new task for me please: water the flowers', add('Water the flowers')],
  ['Add a meeting tomorrow from 3pm to 4pm', add('Meeting', { due: 'tomorrow at 3pm' })],
  ['Hey there! Add a task to wash the car for Dec 5th, please :)', add('Wash the car', { due: 'Dec 5th' })],
  ['Add task buy a present for Ann (due Friday)', add('Buy a present for Ann', { due: 'Friday' })],
  ['I have a dentist appointment tomorrow at 3pm', add('Dentist appointment', { due: 'tomorrow at 3pm' })],
  ['Could you please add a task to pay rent on the 1st?', add('Pay rent', { due: 'the 1st' })],
  ['add buy milk by the end of the week', add('Buy milk', { due: 'the end of the week' })],
  ['add water plants every monday', add('Water plants every monday')],
  ["add review last week's report", add("Review last week's report")],
  ['add read chapter 5', add('Read chapter 5')],
  [
    'add tasks for tomorrow: gym, laundry and cooking',
    add('Gym', { due: 'tomorrow' }),
    add('Laundry', { due: 'tomorrow' }),
    add('Cooking', { due: 'tomorrow' }),
  ],
  [
    'create a task titled Meeting with description "Discuss Q4" and due date tomorrow',
    add('Meeting', { description: 'Discuss Q4', due: 'tomorrow' }),
  ],
  ['tomorrow I have to call the bank', add('Call the bank', { due: 'tomorrow' })],
  ['On Friday remind me to buy flowers', add('Buy flowers', { due: 'Friday' })],
  ['I need to buy milk and call mom', add('Buy milk'), add('Call mom')],
  ["don't forget to lock the door", add('Lock the door')],
  ['schedule a meeting with Bob tomorrow at 10am', add('Meeting with Bob', { due: 'tomorrow at 10am' })],
  ['put buy milk on my list', add('Buy milk')],
  ['Add buy milk (note: organic) #food', add('Buy milk', { description: 'organic', tags: ['food'] })],
  ["I'd like to add a task to clean my room", add('Clean my room')],
];

/** Dates of several words: either the whole date is taken, or all of it stays in the title. */
const dated: Row[] = [
  ['add task report tomorrow eod', add('Report', { due: 'tomorrow eod' })],
  ['add task report friday eod', add('Report', { due: 'friday eod' })],
  ['add task report by eod friday', add('Report', { due: 'eod friday' })],
  ['add task report end of day tomorrow', add('Report', { due: 'end of day tomorrow' })],
  ['add task sweep by end of today', add('Sweep', { due: 'end of today' })],
  ['add task file taxes by december 20 this year', add('File taxes', { due: 'december 20 this year' })],
  ['add task file taxes december 20, 2027 at 5pm', add('File taxes', { due: 'december 20, 2027 at 5pm' })],
  ['add task report by friday this week', add('Report', { due: 'friday this week' })],
  ['add task report by the end of next week', add('Report', { due: 'the end of next week' })],
  ['add task party tonight at midnight', add('Party', { due: 'tonight at midnight' })],
  ['add task call mom in a fortnight', add('Call mom', { due: 'in a fortnight' })],
  ['add task call mom at half past 5', add('Call mom', { due: 'at half past 5' })],
  ['add task pay by 12/5', add('Pay', { due: '12/5' })],
  ['add task submit by 2026-12-20T17:00', add('Submit', { due: '2026-12-20T17:00' })],
  ['add task call on the first monday of january', add('Call', { due: 'the first monday of january' })],
  ['add meeting tomorrow 3pm-4pm', add('Meeting', { due: 'tomorrow at 3pm' })],
  ['add a meeting from 2 to 4pm', add('Meeting from 2 to 4pm')],
  ['add lunch friday or saturday', add('Lunch friday or saturday')],
  ['add lunch monday tuesday', add('Lunch monday tuesday')],
  ['add pay rent next quarter', add('Pay rent next quarter')],
  ['add plan trip in december', add('Plan trip in december')],
  ['add sort photos early december', add('Sort photos early december')],
  ['add report by december 20 this century', add('Report by december 20 this century')],
  ['add clean the 2nd floor', add('Clean the 2nd floor')],
  ['add review last friday notes', add('Review last friday notes')],
  ["add read today's news", add("Read today's news")],
];

const listing: Row[] = [
  ['List my tasks', list()],
  ['what do I have to do?', list('pending')],
  ['show my completed tasks', list('completed')],
  ['do I have anything about the dentist?', list('all', { query: 'dentist' })],
  ["what's on my list?", list()],
  ["what's due today?", list('pending', { due: 'today' })],
  ['show overdue tasks', list('pending', { due: 'overdue' })],
  ['show high priority tasks', list('all', { priority: 'high' })],
  ['show my #home tasks', list('all', { tag: 'home' })],
  ['how many tasks do I have?', list()],
  ['search for milk', list('all', { query: 'milk' })],
  ['show me everything', list()],
  ['any tasks for tomorrow?', list('all', { due: 'tomorrow' })],
  ['what have I finished today?', list('completed', { due: 'today' })],
  ['my tasks', list()],
  ['can you show me what I have to do this week?', list('pending', { due: 'this week' })],
  ['show tasks with milk', list('all', { query: 'milk' })],
  ["what's left?", list('pending')],
  ['show task 3', show(id(3))],
  ["what's task 2's due date?", show(id(2))],
  ['Show me all the tasks that are not done yet', list('pending')],
  ["List everything I've completed", list('completed')],
  ['what did I plan for Friday?', list('all', { due: 'Friday' })],
  ['what did I do today?', list('completed', { due: 'today' })],
  ['when is the report due?', show(words('report'))],
  ['is the milk task done?', show(words('milk'))],
  ['did I buy the milk?', show(words('milk', 'buy milk'))],
];

const changing: Row[] = [
  ['mark task 3 as done', complete(id(3))],
  ['I bought the milk', complete(words('milk', 'buy milk'))],
  ['I already walked the dog', complete(words('dog', 'walk dog'))],
  ['complete tasks 1, 2 and 3', complete(id(1)), complete(id(2)), complete(id(3))],
  ['complete the milk and bread tasks', complete(words('milk')), complete(words('bread'))],
  ['mark everything as done', complete(all('all'))],
  ['task 2 is done', complete(id(2))],
  ['cross buy milk off my list', complete(words('buy milk'))],
  ['close task #12', complete(id(12))],
  ['complete it', complete(previous)],
  ['reopen task 1', reopen(id(1))],
  ['mark the report as not done', reopen(words('report'))],
  ["i haven't finished the report yet", reopen(words('report'))],
  ['set task 1 back to pending', reopen(id(1))],
  ['rename task 2 to Buy oat milk', update(id(2), { title: 'Buy oat milk' })],
  ['change the due date of task 2 to next monday', update(id(2), { due: 'next monday' })],
  ['make task 4 urgent', update(id(4), { priority: 'urgent' })],
  ['set the priority of the milk task to low', update(words('milk'), { priority: 'low' })],
  ['change task 2 to high priority and due friday', update(id(2), { due: 'friday', priority: 'high' })],
  ['update task 2 to Buy oat milk', update(id(2), { title: 'Buy oat milk' })],
  ['update the milk task to be due on Friday', update(words('milk'), { due: 'Friday' })],
  [
    'move the dentist appointment to next Tuesday',
    update(words('dentist appointment'), { due: 'next Tuesday' }),
  ],
  ['postpone task 2', update(id(2), {})],
  ['push task 4 by a week', update(id(4), {})],
  ['remove the due date from task 2', update(id(2), { due: null })],
  ['add #home to task 3', update(id(3), { addTags: ['home'] })],
  ['tag task 3 with home and work', update(id(3), { addTags: ['home', 'work'] })],
  ['remove tag home from task 3', update(id(3), { removeTags: ['home'] })],
  ['add a note to task 3: bring the papers', update(id(3), { description: 'bring the papers' })],
  ['Delete it and add a new one called Buy bread', remove(previous), add('Buy bread')],
  ['delete task 5', remove(id(5))],
  ['remove the milk task', remove(words('milk'))],
  ['delete buy milk', remove(words('buy milk'))],
  ['delete 4 and 5', remove(id(4)), remove(id(5))],
  ['Delete all completed tasks', remove(all('completed'))],
  ['clear my list', remove(all('all'))],
  ['get rid of task 3', remove(id(3))],
  ['take milk off my list', remove(words('milk'))],
  ["I don't need to buy milk anymore", remove(words('buy milk'))],
  ['delete the first one', remove({ by: 'position', position: 1 })],
  ['Add buy milk and make it urgent', add('Buy milk'), update(previous, { priority: 'urgent' })],
  ['complete task 1 and delete task 2', complete(id(1)), remove(id(2))],
  ['mark task 1 as done and add buy bread', complete(id(1)), add('Buy bread')],
  [
    'First add buy milk, then complete task 2, and finally show my tasks',
    add('Buy milk'),
    complete(id(2)),
    list(),
  ],
];

const russian: Row[] = [
  ['добавь задачу купить молоко завтра', add('Купить молоко', { due: 'tomorrow' })],
  ['напомни мне позвонить маме в пятницу в 17:00', add('Позвонить маме', { due: 'Friday at 17:00' })],
  ['Мне нужно сдать отчёт до понедельника', add('Сдать отчёт', { due: 'Monday' })],
  [
    'добавь купить молоко завтра, позвонить маме в пятницу и покажи мой список',
    add('Купить молоко', { due: 'tomorrow' }),
    add('Позвонить маме', { due: 'Friday' }),
    list(),
  ],
  [
    'добавь задачу оплатить счёт 25 декабря с высоким приоритетом',
    add('Оплатить счёт', { due: '25 December', priority: 'high' }),
  ],
  ['запиши: сходить к врачу через 3 дня', add('Сходить к врачу', { due: 'in 3 days' })],
  ['добавь срочную задачу: позвонить в банк', add('Позвонить в банк', { priority: 'urgent' })],
  ['создай три задачи: а, б и в', add('А'), add('Б'), add('В')],
  ['покажи мои задачи', list()],
  ['что мне нужно сделать сегодня?', list('pending', { due: 'today' })],
  ['покажи выполненные задачи', list('completed')],
  ['есть ли у меня что-то про стоматолога?', list('all', { query: 'стоматолога' })],
  ['отметь задачу 3 как выполненную', complete(id(3))],
  ['я купил молоко', complete(words('молоко', 'купить молоко'))],
  ['заверши задачу купить молоко', complete(words('купить молоко'))],
  ['открой заново задачу 1', reopen(id(1))],
  ['переименуй задачу 2 в Купить овсяное молоко', update(id(2), { title: 'Купить овсяное молоко' })],
  ['перенеси задачу 2 на следующий понедельник', update(id(2), { due: 'next Monday' })],
  ['сделай задачу 4 срочной', update(id(4), { priority: 'urgent' })],
  ['удали задачу 5', remove(id(5))],
  ['удали задачу про молоко', remove(words('молоко'))],
  ['удали все выполненные задачи', remove(all('completed'))],
];

const spanish: Row[] = [
  ['agrega una tarea comprar leche mañana', add('Comprar leche', { due: 'tomorrow' })],
  ['recuérdame llamar a Juan el viernes a las 5 de la tarde', add('Llamar a Juan', { due: 'Friday at 5pm' })],
  ['tengo que terminar el informe para el lunes', add('Terminar el informe', { due: 'Monday' })],
  [
    'añade comprar leche mañana y llamar a mamá el viernes, luego muestra mi lista',
    add('Comprar leche', { due: 'tomorrow' }),
    add('Llamar a mamá', { due: 'Friday' }),
    list(),
  ],
  [
    'crea una tarea para pagar el alquiler el 1 de diciembre con prioridad alta',
    add('Pagar el alquiler', { due: '1 December', priority: 'high' }),
  ],
  ['agrega tres tareas: a, b y c', add('A'), add('B'), add('C')],
  ['muéstrame mis tareas', list()],
  ['muestrame mis tareas', list()],
  ['¿qué tengo que hacer hoy?', list('pending', { due: 'today' })],
  ['muestra las tareas completadas', list('completed')],
  ['¿tengo algo sobre el dentista?', list('all', { query: 'dentista' })],
  ['marca la tarea 3 como hecha', complete(id(3))],
  ['ya compré la leche', complete(words('leche', 'comprar leche'))],
  ['completa la tarea comprar leche', complete(words('comprar leche'))],
  ['reabre la tarea 1', reopen(id(1))],
  ['renombra la tarea 2 a Comprar leche de avena', update(id(2), { title: 'Comprar leche de avena' })],
  ['mueve la tarea 2 al viernes', update(id(2), { due: 'Friday' })],
  ['marca la tarea 4 como urgente', update(id(4), { priority: 'urgent' })],
  ['borra la tarea 5', remove(id(5))],
  ['elimina la tarea de la leche', remove(words('leche'))],
];

const other: Row[] = [
  ['Hello', { kind: 'greet' }],
  ['thanks!', { kind: 'thank' }],
  ['What can you do?', { kind: 'help' }],
  ['привет', { kind: 'greet' }],
  ['gracias', { kind: 'thank' }],
  ["What's the weather in Paris?", unknown("What's the weather in Paris")],
  ['Write a poem about cats', unknown('Write a poem about cats')],
  ['say hello', { kind: 'echo', text: 'hello' }],
];

describe('reading sentences', () => {
  it.each([...adding, ...dated, ...listing, ...changing, ...russian, ...spanish, ...other])(
    '%s',
    (sentence, ...intents) => {
      expect(readIntents(sentence, REFERENCE)).toEqual(intents);
    },
  );
});

it('reads sentences with polite and careless typing alike', () => {
  const expected = [add('Buy milk', { due: 'tomorrow' })];
  for (const sentence of [
    'add buy milk tomorrow',
    'ADD BUY MILK TOMORROW',
    '  Hey, could you please add buy milk tomorrow? Thanks!  ',
    'Add “buy milk” tomorrow',
    'add   buy milk\ttomorrow.',
  ]) {
    const read = readIntents(sentence, REFERENCE);
    expect(JSON.stringify(read).toLowerCase()).toBe(JSON.stringify(expected).toLowerCase());
  }
});

describe('what goes beyond a rule', () => {
  it.each([
    'delete all tasks except the roses',
    'delete it? no, keep it',
    'if the bike is fixed, complete it',
    "don't delete task 3",
    'complete everything but not the report',
    'I should have completed the bike task',
    'удали все задачи кроме молока',
    'borra todas las tareas excepto leche',
  ])('is not acted on: %s', (sentence) => {
    expect(readIntents(sentence, REFERENCE)).toEqual([{ kind: 'unknown', text: sentence }]);
  });

  it.each([
    'rename task 2 to Ask if John is in',
    'remind me to call the bank if it rains',
    'complete "do not disturb sign"',
  ])('stands in a title without harm: %s', (sentence) => {
    expect(readIntents(sentence, REFERENCE)).not.toContainEqual(expect.objectContaining({ kind: 'unknown' }));
  });
});

it.each([
  'add '.repeat(5_000),
  'task 1 and '.repeat(2_000),
  'add x\n'.repeat(2_000),
  'then '.repeat(4_000),
  '"'.repeat(20_000),
  `add${' '.repeat(9_000)}x`,
  'complete ' + '1, '.repeat(5_000),
])('reads at most 20 requests out of long and hostile text: %.20s…', (text) => {
  const { length } = readIntents(text, REFERENCE);
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThanOrEqual(20);
});

import { rule, type Rule } from './language';

const TASK = '(?<task>.+?)';
/** The subject of a statement, not of a question. */
const STATED =
  '(?<task>(?!(?:is|are|was|were|what|when|which|how|has|have|did|does|do|show|list|display|view|see|find|search|get|give|tell|add|create)\\s).+?)';
const NOUN = '(?:to-?do items?|to-?dos?|tasks?|reminders?|items?|entry|entries|errands?|chores?)';
const SINGULAR = '(?:to-?do item|to-?do|task|reminder|item|entry|errand|chore)';
const LIST = '(?:(?:(?:to-?do|to do|tasks?) )?list|tasks|to-?dos|agenda|plate|schedule|calendar)';
const DONE = '(?:done|complete|completed|finished|closed|checked off)';
const NOT_DONE =
  '(?:not (?:yet )?(?:done|complete|completed|finished)|un-?done|incomplete|uncompleted|unfinished|pending|open|active|to-?do)';
const LEVEL = '(?:highest|high|top|medium|normal|lowest|low|urgent|no)';
const PRIORITY = `(?<value>(?:not |very |super |really )?(?:urgent|important|critical)|${LEVEL}[- ]priority)`;
const ANY_PRIORITY = `(?<value>(?:not |very |super |really )?(?:urgent|important|critical)|${LEVEL}(?:[- ]priority)?|medium|none)`;
const CHANGE = '(?:change|set|update|edit|modify|adjust)';
const DUE = '(?:due date|due time|due|deadline|date)';
const PUT_OFF = '(?:move|postpone|push|reschedule|delay|shift|defer|bring forward|put off|snooze)';
const ADD = '(?:add|create|put|insert|write down|note down|note|jot down|record|register|enter|log|save)';
const COUNT =
  '(?:(?:me|us|a|an|another|one|the|my|some|this|these|two|three|four|five|six|several|a few|few|\\d+|following|more|new|quick|personal)\\s+)*';
const NAMED =
  '(?:\\s*:|\\s+(?:to|for|called|named|titled|about|that says|saying|which says|of|with (?:the )?(?:title|name)))?';
/** Excludes "make a task", "set a reminder", "make sure": they do not refer to an existing task. */
const EXISTING = '(?!an?\\s|another\\s|me\\s|sure\\s)';
const ADVERBS = '(?:just\\s+|already\\s+|finally\\s+|now\\s+|also\\s+)*';

const smallTalk: Rule[] = [
  rule(
    'greet',
    "(?:hi|hello|hey|yo|howdy|hi there|hello there|hey there|good (?:morning|afternoon|evening|day)|greetings|how are you(?: doing)?(?: today)?|what's up|sup)(?:\\s+(?:there|keyturn|assistant|everyone))?",
  ),
  rule(
    'thank',
    '(?:many )?(?:thanks|thank you|thx|ty|cheers)(?: (?:so|very) much| a lot| again)?|(?:ok|okay|great|cool|nice|perfect|good|awesome|got it|never ?mind|bye|goodbye)(?:,? (?:thanks|thank you))?',
  ),
  rule(
    'help',
    "help(?: me)?|(?:what|how much|which things) (?:can|could|do) (?:you|i) (?:do|say|ask|understand|help with)(?: here| for me| with)?|how do(?:es)? (?:this|you|it|i) (?:work|use (?:this|you|it))|who are you|what are you|what is (?:this|keyturn)|what(?:'s| is) your name|are you (?:a|an|real|human|there)\\b.*|tell me about yourself|introduce yourself",
  ),
  rule('echo', '(?:say|repeat(?: after me)?|reply with|answer with|respond with|echo)\\s*:?\\s+(?<value>.+)'),
];

const updates: Rule[] = [
  rule(
    'clear_due',
    `(?:remove|clear|delete|drop|unset)\\s+(?:the\\s+)?${DUE}\\s+(?:of|from|for|on)\\s+${TASK}`,
  ),
  rule('clear_due', `(?:remove|clear|delete|drop|unset)\\s+${TASK}'s\\s+${DUE}`),
  rule(
    'due',
    `(?:${CHANGE}|${PUT_OFF}|make)\\s+(?:the\\s+)?${DUE}\\s+(?:of|for|on)\\s+${TASK}\\s+(?:to|as|until|till|for|on)\\s+(?<when>.+)`,
  ),
  rule(
    'due',
    `${CHANGE}\\s+(?<task>(?:(?! to ).)+?)(?:'s)?\\s+${DUE}\\s+(?:(?:to|on|for|by|at|as)\\s+)?(?<when>.+)`,
  ),
  rule('due', `(?:${PUT_OFF})\\s+${TASK}\\s+(?:back\\s+)?(?:to|until|till|for|on|by)\\s+(?<when>.+)`),
  rule('due', `(?:schedule|plan)\\s+${TASK}\\s+(?:for|on|to|at)\\s+(?<when>.+)`, { needsPlainTarget: true }),
  rule('due', `make\\s+${EXISTING}${TASK}\\s+due\\s+(?:(?:on|by|at)\\s+)?(?<when>.+)`),
  rule(
    'due',
    `${TASK}\\s+(?:is|should be|must be|needs to be|has to be)\\s+(?:now\\s+)?due\\s+(?:(?:on|by|at)\\s+)?(?<when>.+)`,
    { needsPlainTarget: true, standsAlone: true },
  ),
  rule('due', `(?:postpone|reschedule|delay|defer|put off|snooze)\\s+${TASK}(?:\\s+(?:by|for)\\s.+)?`),
  rule('due', `(?:push|move|shift|bump)\\s+${TASK}(?:\\s+back)?(?:\\s+(?:by|for)\\s.+)?`, {
    needsPlainTarget: true,
  }),

  rule(
    'priority',
    `(?:${CHANGE}|make|raise|lower|increase|decrease)\\s+(?:the\\s+)?priority\\s+(?:of|for|on)\\s+${TASK}\\s+(?:to|as)\\s+${ANY_PRIORITY}`,
  ),
  rule('priority', `${CHANGE}\\s+${TASK}(?:'s)?\\s+priority\\s+(?:(?:to|as)\\s+)?${ANY_PRIORITY}`),
  rule('priority', `give\\s+${TASK}\\s+(?:an?\\s+)?${PRIORITY}`),
  rule(
    'priority',
    `(?:make|mark|set|flag|change|update|turn)\\s+${EXISTING}${TASK}\\s+(?:(?:as|to|to be|with)\\s+)?(?:an?\\s+)?${PRIORITY}`,
  ),
  rule('priority', `(?:set|change|update)\\s+${TASK}\\s+(?:as|to)\\s+${ANY_PRIORITY}`, {
    needsPlainTarget: true,
  }),
  rule('priority', `${TASK}\\s+(?:is|should be)\\s+(?:now\\s+)?${PRIORITY}`, {
    needsPlainTarget: true,
    standsAlone: true,
  }),
  rule('priority', `(?<task>(?:task|to-?do|item)\\s*#?\\d+)\\s*[:,]?\\s+${PRIORITY}`, { standsAlone: true }),
  rule('priority', `(?<value>prioriti[sz]e|deprioriti[sz]e)\\s+${TASK}`),
  rule(
    'priority',
    `(?<value>raise|increase|lower|decrease|remove|clear)\\s+(?:the\\s+)?priority\\s+(?:of|from|for|on)\\s+${TASK}`,
  ),

  rule(
    'remove_tags',
    `(?:remove|delete|drop|take)\\s+(?:the\\s+)?(?:tags?|labels?)\\s+(?<value>.+?)\\s+(?:from|off)\\s+${TASK}`,
  ),
  rule(
    'remove_tags',
    `(?:remove|delete|drop|take)\\s+(?:the\\s+)?(?<value>#\\S+)(?:\\s+(?:tag|label))?\\s+(?:from|off)\\s+${TASK}`,
  ),
  rule('add_tags', `(?:tag|label)\\s+${TASK}\\s+(?:with|as)\\s+(?<value>.+)`),
  rule('add_tags', `(?:tag|label)\\s+${TASK}\\s+(?<value>#.+)`),
  rule(
    'add_tags',
    `(?:add|put|attach)\\s+(?:the\\s+)?(?:tags?|labels?)\\s+(?<value>.+?)\\s+(?:to|on)\\s+${TASK}`,
  ),
  rule(
    'add_tags',
    `(?:add|put|attach)\\s+(?:the\\s+)?(?<value>#\\S+(?:[\\s,]+(?:and\\s+)?#\\S+)*)(?:\\s+(?:tag|label)s?)?\\s+(?:to|on)\\s+${TASK}`,
  ),

  rule(
    'describe',
    `(?:add|attach|write)\\s+(?:an?\\s+|the\\s+)?(?:note|description|comment|details?)\\s+(?:to|for|on)\\s+${TASK}\\s*(?::|,|\\s(?:saying|that says|that))\\s*(?<value>.+)`,
  ),
  rule(
    'describe',
    `(?:add|attach|write)\\s+(?:an?\\s+|the\\s+)?(?:note|description|comment|details?)\\s+(?<value>.+?)\\s+(?:to|on)\\s+${TASK}`,
    { needsPlainTarget: true },
  ),
  rule(
    'describe',
    `${CHANGE}\\s+(?:the\\s+)?(?:description|notes?|details?)\\s+(?:of|for|on)\\s+${TASK}\\s*(?::|\\s(?:to|as))\\s*(?<value>.+)`,
  ),
  rule(
    'describe',
    `${CHANGE}\\s+${TASK}(?:'s)?\\s+(?:description|notes?|details?)\\s*(?::|\\s(?:to|as))\\s*(?<value>.+)`,
  ),

  rule('rename', `(?:rename|retitle)\\s+${TASK}\\s+(?:to|as|into)\\s*:?\\s*(?<title>.+)`),
  rule(
    'rename',
    `${CHANGE}\\s+(?:the\\s+)?(?:title|name|text|wording)\\s+(?:of|for|on)\\s+${TASK}\\s+(?:to|as|into)\\s*:?\\s*(?<title>.+)`,
  ),
  rule(
    'rename',
    `${CHANGE}\\s+${TASK}(?:'s)?\\s+(?:title|name|text|wording)\\s+(?:to|as|into)\\s*:?\\s*(?<title>.+)`,
  ),
  rule('rename', `(?:rename|retitle)\\s+${TASK}`),
];

const stateChanges: Rule[] = [
  rule(
    'reopen',
    `(?:re-?open|un-?complete|un-?check|un-?mark|un-?finish|re-?activate|un-?tick|restore)\\s+${TASK}`,
  ),
  rule('reopen', `undo\\s+${TASK}`, { needsPlainTarget: true }),
  rule(
    'reopen',
    `(?:mark|set|change|move|make|flag|put|turn)\\s+${EXISTING}${TASK}\\s+(?:back\\s+)?(?:(?:as|to|to be|is)\\s+)?(?:back to\\s+)?${NOT_DONE}(?:\\s+again)?`,
  ),
  rule(
    'reopen',
    `${STATED}\\s+(?:(?:is|was|are)\\s+not|isn't|wasn't|aren't)\\s+(?:actually\\s+|really\\s+)?${DONE}(?:\\s+yet)?`,
    { standsAlone: true },
  ),
  rule(
    'reopen',
    `i\\s+(?:haven't|have not|didn't|did not)\\s+(?:actually\\s+|really\\s+)?(?:finish|finished|complete|completed|done|do)\\s+${TASK}(?:\\s+yet)?`,
  ),
  rule(
    'complete',
    `(?:mark|set|flag|check|tick|make|change|move)\\s+${EXISTING}${TASK}\\s+(?:off\\s+)?(?:(?:as|to|to be)\\s+)?(?:being\\s+)?${DONE}`,
  ),
  rule('complete', `mark\\s+(?:as\\s+)?${DONE}\\s*:?\\s+${TASK}`),
  rule(
    'complete',
    `(?:check|tick|cross|strike)\\s+${TASK}\\s+(?:off|out)(?:\\s+(?:of\\s+)?(?:my|the)\\s+${LIST})?`,
  ),
  rule(
    'complete',
    `(?:check off|tick off|cross off|cross out|strike off|mark off|wrap up)\\s+${TASK}(?:\\s+(?:from|on)\\s+(?:my|the)\\s+${LIST})?`,
  ),
  rule(
    'complete',
    `(?:complete|finish|close|close out|done with|finished with|done|finished|completed)\\s*:?\\s+${TASK}`,
  ),
  rule('complete', `i(?:'m| am)\\s+(?:now\\s+)?(?:all\\s+)?(?:done|finished)\\s+(?:with\\s+)?${TASK}`),
  rule(
    'complete',
    `i(?:'ve| have)?\\s+${ADVERBS}(?:finished|completed|done|did|closed)(?:\\s+with)?\\s+${TASK}(?:\\s+(?:already|today|just now|now))?`,
  ),
  rule(
    'complete',
    `${STATED}\\s+(?:is|are|has been|was|were)\\s+(?:now\\s+|already\\s+|all\\s+)?${DONE}(?:\\s+now)?`,
    { standsAlone: true },
  ),
  rule('complete', `${STATED}\\s+${DONE}`, { needsPlainTarget: true, standsAlone: true }),
  rule(
    'complete',
    `i(?:'ve| have)?\\s+${ADVERBS}(?<verb>[a-z]+(?: (?:up|out|off|back|in))?)\\s+${TASK}(?:\\s+(?:already|today|just now|now|yesterday))?`,
  ),
  rule(
    'complete',
    "(?:i(?:'m| am)\\s+)?(?:all\\s+)?(?:done|finished|completed)(?:\\s+(?:with\\s+)?(?<task>it|that))?",
  ),
];

const questions: Rule[] = [
  rule(
    'show',
    `(?:show|open|display|view|get|see|read|describe|give)\\s+(?:me\\s+)?(?:the\\s+)?(?:details?\\s+(?:of|for|about|on)\\s+|more about\\s+)?(?<task>(?:the\\s+)?(?:${SINGULAR}\\s+)?(?:number\\s+|no\\.?\\s+|#\\s*)?\\d+)`,
  ),
  rule(
    'show',
    `(?:show\\s+|give\\s+|tell\\s+)?(?:me\\s+)?(?:the\\s+)?(?:more\\s+)?details?\\s+(?:of|for|about|on)\\s+${TASK}`,
  ),
  rule('show', `tell me (?:more )?about\\s+${TASK}`, { needsPlainTarget: true }),
  rule(
    'show',
    `(?:what|what's|whats)(?:\\s+is)?\\s+(?<task>(?:the\\s+)?(?:${SINGULAR}\\s+)(?:number\\s+|#)?\\d+)(?:\\s+about)?`,
  ),
  rule(
    'show',
    `(?:what|what's|whats)(?:\\s+is)?\\s+the\\s+(?:status|priority|due date|deadline|description|state)\\s+(?:of|for|on)\\s+${TASK}`,
  ),
  rule(
    'show',
    `(?:what|what's|whats)(?:\\s+is)?\\s+${TASK}'s\\s+(?:status|priority|due date|deadline|description|state)`,
  ),
  rule('show', `when\\s+(?:is|are|must|should)\\s+${TASK}\\s+(?:due|be done|be finished)`),
  rule('show', `(?:is|was|are)\\s+${TASK}\\s+(?:already\\s+|now\\s+)?${DONE}(?:\\s+yet)?`),
  rule(
    'show',
    `(?:did|have)\\s+i\\s+(?:already\\s+)?(?<verb>(?!have\\b|need\\b|got\\b)[a-z]+(?: (?:up|out|off|back))?)\\s+(?!any)${TASK}(?:\\s+(?:already|yet|today))?`,
  ),

  rule(
    'list',
    '(?:list|show|display|view|see|get(?! rid)|give|tell|print|read|fetch|check|pull up|review|look at|go over)\\s+(?:.*\\s)?(?:(?:tasks?|to-?dos?|list|reminders|items|agenda|schedule|errands|chores)\\b.*|everything\\b.*|all|all of them|them all|them|it all)',
  ),
  rule(
    'list',
    `(?:list|show(?: me)?)\\s+(?:all\\s+)?(?:the\\s+)?(?:#\\S+|overdue|urgent|pending|completed|open|done|finished)(?:\\s+(?:ones|stuff|things))?`,
  ),
  rule('list', `(?:list|show(?: me)?|see)\\s+what(?:'s| is| i)\\s.+`),
  rule(
    'list',
    "what(?:'s| is| are|s)?\\s+(?:(?:still|currently|else)\\s+)?(?:left|next|due|overdue|pending|open|outstanding|urgent|on (?:my|the|today's)|(?:my|the)\\s+(?:.*\\s)?(?:tasks?|to-?dos?|list|agenda|schedule|plan|reminders))\\b.*",
  ),
  rule(
    'list',
    'what\\s+(?:else\\s+)?(?:do|should|must|did|have)\\s+i\\s+(?:still\\s+|already\\s+|currently\\s+)?(?:have|need|got|get|do|done|finish|finished|complete|completed|accomplish|accomplished|work on|plan|planned)\\b.*',
  ),
  rule('list', "what(?:'s| is| are)\\s+(?:the\\s+|my\\s+)?(?:most\\s+)?(?:urgent|important)\\b.*"),
  rule('list', 'what\\s+(?:else\\s+)?i\\s+(?:still\\s+)?(?:have|need|must|should|got)\\b.*'),
  rule('list', `(?:which|what|how many)\\s+(?:.*\\s)?(?:things|stuff|${NOUN})\\b.*`),
  rule(
    'list',
    '(?:do|did|have)\\s+i\\s+(?:still\\s+)?(?:have|got|need)\\s+(?:anything|something|any|some|stuff|tasks?|an?|things|to do)\\b.*',
  ),
  rule(
    'list',
    `(?:is|are)\\s+there\\s+(?:anything|something|any|an?|some)\\b.*\\b(?:about|for|with|on my|due|left|overdue|to do|${NOUN}).*`,
  ),
  rule('list', '(?:anything|something)\\s+(?:left|due|to do|else|about|overdue|urgent|for|on)\\b.*'),
  rule('list', '(?:find|search for|search|look for|look up|locate|where is|filter)\\s+(?<query>.+)'),
  rule(
    'list',
    `(?:(?:my|all|any|the|open|pending|completed|done|finished|urgent|important|overdue|current|remaining|today's|tomorrow's|this week's|next week's|high[- ]priority|low[- ]priority|#\\S+)\\s+)*${LIST}(?:\\s+(?:please|about|for|due|today|tomorrow|this week|tagged|with)\\b.*)?`,
    { standsAlone: true },
  ),
  rule('list', '(?:overdue|my day|today|to-?do|to do)', { standsAlone: true }),
  rule('show', '(?<task>(?:(?:to-?do|task|item|reminder)\\s*)?(?:number\\s+)?#?\\s*\\d+)', {
    standsAlone: true,
  }),
];

const removals: Rule[] = [
  rule(
    'delete',
    `(?:delete|remove|erase|drop(?! off)|cancel|discard|trash|scrap|get rid of|throw away|throw out|forget about|forget|clear out|clear|wipe)\\s+${TASK}(?:\\s+from\\s+(?:my|the)\\s+${LIST})?`,
  ),
  rule('delete', `take\\s+${TASK}\\s+off(?:\\s+of)?\\s+(?:my|the)\\s+${LIST}`),
  rule('delete', `i\\s+(?:don't|do not)\\s+(?:need|want|have)\\s+(?:to\\s+)?${TASK}\\s+any ?more`),
  rule('delete', `i\\s+no longer\\s+(?:need|want|have)\\s+(?:to\\s+)?${TASK}`),
];

const additions: Rule[] = [
  rule(
    'add_many',
    `(?:${ADD}|make|set up|track)\\s+${COUNT}(?:to-?do items|to-?dos|tasks|reminders|items|things|errands|chores)\\b(?:\\s+(?:to|on|in) (?:my|the) ${LIST})?${NAMED}\\s*(?<title>.*)`,
  ),
  rule(
    'add_many',
    `(?:${ADD})\\s+(?:the\\s+)?following(?:\\s+(?:to|on|in) (?:my|the) ${LIST})?\\s*:?\\s*(?<title>.*)`,
  ),
  rule(
    'add',
    `(?:${ADD}|make|set|set up|track|schedule|plan|new|i need|i want)\\s+${COUNT}(?<value>(?:(?:urgent|important|critical|(?:high|low|medium|top)[- ]priority|${LEVEL})\\s+)?)${COUNT}(?:${SINGULAR}|note|one)(?!\\s*#?\\d+$)(?:\\s+(?:to|on|in) (?:my|the) ${LIST})?(?:\\s+for (?:me|us))?(?:,?\\s+please)?${NAMED}(?<title>(?:\\s.*)?)`,
  ),
  rule('add', `(?:${ADD})\\s+(?:to|on|in|into)\\s+(?:my|the)\\s+${LIST}\\s*:?\\s+(?<title>.+)`),
  rule(
    'add',
    '(?:add|create|put|insert|write down|note down|note|jot down|schedule|plan)\\s*:?\\s+(?:(?:an?|the)\\s+)?(?<title>.+)',
  ),
  rule('add', `(?:${ADD}|remind me|reminder)`),
  rule('add', 'new:\\s*(?<title>.+)'),
  rule('add', 'remind me(?:\\s+again)?\\s+(?<when>.+?)\\s+(?:to|about|of|that)\\s+(?<title>.+)'),
  rule(
    'add',
    "(?:remind me|remember|don't let me forget|do not let me forget|don't forget|do not forget|make sure i|make sure that i|make sure to)(?:\\s+again)?(?:\\s+(?:to|about|of|that)|\\s*:)?\\s+(?<title>.+)",
  ),
  rule('add', '(?:new )?(?:to-?do|to do|task|reminder)(?:\\s*:\\s*|\\s+)(?!#?\\d+\\b)(?<title>.+)', {
    standsAlone: true,
  }),
  rule('add', "i(?:'ve)?\\s+(?:have|got|have got)\\s+an?\\s+(?<title>.+)", { needsDate: true }),
];

const general: Rule[] = [
  rule(
    'update',
    `(?:${CHANGE})\\s+${TASK}\\s*(?::|\\s(?:to|into|so that it is|so that it's|with))\\s*(?<value>.+)`,
  ),
  rule('update', `(?:make|turn|switch)\\s+${TASK}\\s+(?:to|into)\\s+(?<value>.+)`, {
    needsPlainTarget: true,
  }),
  rule('update', `(?:change|update|edit|modify|adjust)\\s+${TASK}`),
];

/** Specific rules stand before general ones. */
export const englishRules: readonly Rule[] = [
  ...smallTalk,
  ...updates,
  ...stateChanges,
  ...questions,
  ...removals,
  ...additions,
  ...general,
];

import { englishRules } from './english-rules';
import type { Language } from './language';

/** Past tenses that people use to report a finished task; regular ones (-ed) need no entry. */
const infinitives: Record<string, string> = Object.fromEntries(
  (
    'bought:buy called:call paid:pay sent:send wrote:write read:read made:make took:take got:get went:go did:do ' +
    'met:meet sold:sell found:find gave:give told:tell spoke:speak built:build put:put fed:feed drove:drive ran:run ' +
    'cut:cut hung:hang swept:sweep taught:teach brought:bring picked:pick cleaned:clean washed:wash emailed:email ' +
    'mailed:mail fixed:fix booked:book ordered:order watered:water walked:walk submitted:submit shipped:ship ' +
    'signed:sign returned:return visited:visit cooked:cook filed:file scheduled:schedule prepared:prepare ' +
    'reviewed:review printed:print uploaded:upload renewed:renew replied:reply texted:text updated:update'
  )
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);

const TASK_VERBS =
  'buy|call|phone|ring|text|email|e-mail|mail|message|pay|send|write|read|finish|complete|clean|tidy|wash|book|order|pick up|drop off|get|' +
  'fix|repair|water|walk|feed|cook|bake|make|prepare|submit|sign|return|visit|meet|file|print|upload|download|renew|reply|respond|' +
  'review|plan|schedule|organi[sz]e|study|learn|practice|practise|go|take|bring|do|start|check|ask|tell|talk|speak|invite|' +
  'cancel|update|install|back up|pack|unpack|move|sell|find|research|draft|edit|present|attend|exercise|run|swim|train|register|' +
  'apply|withdraw|deposit|transfer|charge|change|replace|paint|mow|iron|vacuum|sweep|mop|dust|sew|build|deliver|collect|borrow|lend|' +
  'watch|listen|play|help|hire|contact|confirm|arrange|set up|turn in|hand in|fill|fill out|fill in|empty|take out|throw out|rent|see';

/** English; also tried first on text in Latin letters. */
export const english: Language = {
  name: 'English',
  rules: englishRules,
  marker: /^/u,
  courtesies: [
    /^(?:hey|hi|hello|ok|okay|alright|great|good|perfect|cool|thanks|thank you|please|pls|plz|kindly|now|also|and|then|so|well|just|oh|actually|sorry|but|next,|first,|firstly|finally|lastly|keyturn|assistant|there)(?![\p{L}\p{N}'-])[\s,!.:-]*/du,
    /^(?:can|could|would|will)\s+(?:you|u|i|we)\s+(?:(?:please|kindly|also|just|now)\s+)*(?:help me\s+(?:to\s+)?)?/du,
    /^(?:let's|lets|let me|help me|go ahead and|i need you to|i want you to|i'd like you to|i would like you to|be sure to)\s+(?:to\s+)?/du,
    /^(?:first|firstly|next)\s+(?=(?:add|create|show|list|complete|delete|mark|remind|rename)\b)/du,
    /^(?:tell me|let me know|show me|i want to know|do you know)\s+(?=(?:what|which|how many|if|whether|when|do i|am i)\b)(?:if\s+|whether\s+)?/du,
  ],
  trailing:
    /[\s,]*(?:please|pls|plz|for me(?: please)?|thanks|thank you|thx|will you|would you|ok|okay|right now|asap please|if you can|too|as well)[\s.!?]*$/du,
  obligation:
    /^(?:(?:need to|have to|gotta|got to|must)|(?:i|we)(?:\s+(?:really|still|also|just|now))*(?:\s+(?:need to|have to|must|should|gotta|got to|ought to|want to|would like to|wanna)|'(?:d like to|ve got to)|'m supposed to))\s+/du,
  sequence:
    /\s*[,;.]?\s+(?:and\s+)?(?:then|after that|afterwards|and finally|finally)[\s,]+|\s*;\s*|(?<!\b(?:a\.m|p\.m|mr|mrs|ms|dr|st|vs|etc|no|e\.g|i\.e|jan|feb|mar|apr|aug|sept?|oct|nov|dec))[.!?]+(?=\s|$)\s*/giu,
  conjunction: /\s*,?\s+(?:and also|and|plus|also|as well as)\s+|\s+&\s+|\s*,\s+/giu,
  listSeparator: /\s*(?:,\s*and\s+|[,;]\s*|\s+and\s+|\s+&\s+)\s*/giu,
  taskVerb: new RegExp(`^(?:${TASK_VERBS})\\s+(?!them\\b|him\\b|her\\b|it\\b)\\S`, 'u'),
  followUpVerb:
    /^(?:ask|tell|talk|speak|say|take|bring|get|do|go|see|check|help|start|play|confirm|return|pack|put|make sure|give|let)\s/u,
  errandVerb:
    /^(?:buy|call|phone|text|email|pay|send|pick up|drop off|clean|wash|book|order|fix|repair|water|walk|feed|submit|renew|return|visit|meet|mow|iron|vacuum|take out|go to|cook)\s+\S/u,
  plainTarget:
    /\b(?:tasks?|to-?dos?|items?|reminders?|everything)\b|^(?:the\s+)?(?:no\.?\s*|number\s+|#\s*)?\d+(?:\s*(?:,|and|&)\s*#?\d+)*$|^(?:it|that|this|them|those|all|both|(?:this|that|the (?:first|second|third|last)) one)\b/u,
  previousTarget:
    /^(?:it|that|this|that one|this one|(?:that|this|the same|the new) (?:task|to-?do|item|reminder)|the one i just added)$/u,
  everyTarget:
    /^(?:everything|every task|all(?: of)?(?: (?:it|them))?|them all|(?:all(?: of)? )?(?:(?:my|the|these|those) )?(?:(?<status>completed|done|finished|pending|open|remaining|incomplete|overdue) )?(?:tasks|to-?dos|items|reminders|ones)|(?:all |everything )?(?:that is |that are )?(?<state>completed|done|finished)(?: tasks)?|my (?:(?:to-?do|task) )?list|the (?:(?:to-?do|task) )?list)$/du,
  positions: [
    [/^(?:the\s+)?(?:first|1st)(?:\s+(?:one|task|item)s?)?$/u, 1],
    [/^(?:the\s+)?(?:second|2nd)(?:\s+(?:one|task|item)s?)?$/u, 2],
    [/^(?:the\s+)?(?:third|3rd)(?:\s+(?:one|task|item)s?)?$/u, 3],
    [/^(?:the\s+)?(?:fourth|4th)(?:\s+(?:one|task|item)s?)?$/u, 4],
    [/^(?:the\s+)?(?:last|latest|newest)(?:\s+(?:one|task|item)s?)?$/u, -1],
  ],
  targetFrame: [
    /^(?:the|my|that|this|a|an|our|one)\s+/u,
    /^(?:task|to-?do|item|reminder)\s*(?:called|named|titled|about|for|with|:|to)\s+/u,
    /^(?:one|reminder|task|item)\s+(?:about|for|called|named|to)\s+/u,
    /^(?:tasks?|to-?dos?|items?|reminders?)\s+/u,
    /\s+(?:tasks?|to-?dos?|to-?do items?|items?|reminders?|one)$/u,
    /\s+(?:off|from|on|in)\s+(?:of\s+)?(?:my|the)\s+(?:to-?do\s+|task\s+)?(?:list|tasks|to-?dos)$/u,
  ],
  statuses: [
    [/\b(?:including|even the|both)\b/u, 'all'],
    [
      /\b(?:pending|open|incomplete|uncompleted|unfinished|outstanding|remaining|active|left|not (?:yet )?(?:done|completed|finished)|undone|(?:still )?have to|have to|need to|must|should|to do|overdue|due)\b|\bnext$/u,
      'pending',
    ],
    [/\b(?:completed?|done|finish(?:ed)?|closed|accomplished?|checked off|did i (?:do|get))\b/u, 'completed'],
  ],
  listWords:
    /\b(?:list|lists|show|display|view|see|get|got|give|tell|print|read|fetch|check|pull up|review|look at|go over|find|search|locate|filter|where|me|us|you|can|could|i've|i|my|mine|the|a|an|all|any|anything|something|everything|some|stuff|things?|tasks?|to-?dos?|to do|reminders?|items?|entries|agenda|plate|schedule|calendar|errands?|chores?|what|what's|whats|which|how many|how much|do|did|does|is|are|was|there|have|has|had|need|needs|must|should|still|currently|right now|now|already|yet|else|left|next|on|of|in|for|to|about|with|containing|mentioning|related|regarding|concerning|by|from|that|those|these|them|it|ones?|please|due|overdue|pending|open|incomplete|uncompleted|unfinished|outstanding|remaining|active|not|undone|completed?|done|finish(?:ed)?|closed|accomplish(?:ed)?|checked off|work|plan|planned|most|current|today|today's|tagged|labell?ed|tags?|label|named|called|and|so far)\b/gu,
  listPriority:
    /\b(?:urgent|important|critical|(?:high(?:est)?|top|medium|normal|low(?:est)?)[- ]priority)\b/gu,
  priorities: [
    [
      /[\s,(]*\b(?:(?:and|with|at|of|as|has|set|it is|it's|this is|that is|make it|mark it)\s+)*(?:an?\s+)?(?:priority\s*(?:is|of|to|:|=)?\s*urgent|(?:highest|top|urgent)[- ]priority)\b[\s)]*/iu,
      'urgent',
    ],
    [
      /[\s,(]*\b(?:(?:and|with|at|of|as|has|set|it is|it's|this is|that is|make it|mark it)\s+)*(?:an?\s+)?(?:priority\s*(?:is|of|to|:|=)?\s*high|high[- ]priority)\b[\s)]*/iu,
      'high',
    ],
    [
      /[\s,(]*\b(?:(?:and|with|at|of|as|has|set)\s+)*(?:an?\s+)?(?:priority\s*(?:is|of|to|:|=)?\s*(?:medium|normal)|(?:medium|normal)[- ]priority)\b[\s)]*/iu,
      'medium',
    ],
    [
      /[\s,(]*\b(?:(?:and|with|at|of|as|has|set)\s+)*(?:an?\s+)?(?:priority\s*(?:is|of|to|:|=)?\s*low(?:est)?|low(?:est)?[- ]priority)\b[\s)]*/iu,
      'low',
    ],
    [
      /[\s,(]+(?:(?:and|it is|it's|it|is|this is|that is|that's|marked(?: as)?|as)\s+)*(?:very |super |really )?(?:urgent(?:ly)?|asap|a\.s\.a\.p\.|critical)[\s)!.]*$/iu,
      'urgent',
    ],
    [/^(?:very |super )?(?:urgent(?:ly)?|asap|critical)[\s:,!-]+/iu, 'urgent'],
    [
      /[\s,(]+(?:(?:and|it is|it's|this is|that is|that's|marked(?: as)?|as)\s+)*(?:very |super |really )?important[\s)!.]*$|^important\s*[:!]\s*/iu,
      'high',
    ],
    [/\s!{2,}\s*$/u, 'urgent'],
  ],
  priorityValues: [
    [/^(?:not |no )(?:urgent|important|critical)/u, 'low'],
    [/\b(?:urgent|critical|highest|top|asap)\b/u, 'urgent'],
    [/\b(?:high|important|prioriti[sz]e|raise|increase)\b/u, 'high'],
    [/\b(?:medium|normal)\b/u, 'medium'],
    [/\b(?:low|lowest|deprioriti[sz]e|lower|decrease)\b/u, 'low'],
    [/\b(?:no|none|remove|clear)\b/u, 'none'],
  ],
  tagged:
    /[\s,]*\b(?:and\s+)?(?:(?:tagged|labell?ed)(?:\s+(?:as|with))?|with\s+(?:the\s+)?(?:tags?|labels?)|tags?\s*:)\s+(?<tags>[\p{L}\p{N}#_-]+(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+)[\p{L}\p{N}#_-]+){0,5})[\s.]*$/iu,
  described:
    /[\s,.(]+(?:(?:(?:and|with|add)\s+)+(?:a\s+|the\s+|this\s+)?(?:description|notes?|details?)(?:\s+(?:of|is|saying|that says|reading))?\s*:?\s+|(?:and\s+)?(?:description|notes?|details?)\s*:\s*)(?<text>[\uE000-\uF8FF]|.+)/iu,
  titleFrame: [
    /^(?:to|that|for|about|called|named|titled|is|saying)\s+/iu,
    /^(?:a |an |the )?(?:task|to-?do|reminder)s?\s*(?:to|:)\s*/iu,
    /\s+(?:to|on|onto|into|in)\s+(?:my|the|our)\s+(?:[\p{L}-]+\s+){0,2}(?:list|tasks|to-?dos|agenda|schedule|calendar)$/iu,
    /\s+(?:as|for)\s+an?\s+(?:new\s+)?(?:task|to-?do|reminder)$/iu,
    /[\s,]+(?:please|for me|is|is due|due|by|on|at|before|until|and|with|which is|that is|needs to be done|has to be done|must be done)$/iu,
  ],
  dateWords: [
    [/(?<!the )\bday after tomorrow\b/giu, 'the day after tomorrow'],
    [/\b(?:tmrw|tmr|tomorow|tommorow|tommorrow|2moro)\b/giu, 'tomorrow'],
  ],
  infinitives,
};

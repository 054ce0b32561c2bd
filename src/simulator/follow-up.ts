import { withoutContext, type Entry } from './dialogue';
import type { Reference } from './reader/dates';
import type { Intent, Target } from './reader/intent';
import { readIntents } from './reader/reader';
import { fold } from './reader/text';

const YES = /^(?:yes|yep|yeah|sure|right|correct|exactly|да|ага|si)(?!\p{L})/u;
const NO = /^(?:no|nope|nothing|never ?mind|none|нет|nada)(?!\p{L})/u;

/**
 * Reads a message as the answer to the simulator's own question ("Which one?", "What should the task be called?").
 * @returns undefined if nothing was asked, or the message is a request of its own
 */
export function readFollowUp(
  text: string,
  intents: readonly Intent[],
  earlier: readonly Entry[],
  reference: Reference,
): readonly Intent[] | undefined {
  const question = earlier.findLast((entry) => entry.kind === 'assistant');
  const asked = earlier.findLast((entry) => entry.kind === 'user');
  if (question?.kind !== 'assistant' || asked?.kind !== 'user') return undefined;
  if (!question.text.includes('?')) return undefined;
  const [intent, ...others] = intents;
  if (!intent || others.length > 0) return undefined;
  const open = readIntents(withoutContext(asked.text), reference).findLast((each) =>
    isOpen(each, question.text),
  );
  if (!open) return undefined;
  if (NO.test(fold(text))) return [{ kind: 'echo', text: 'All right, nothing was changed.' }];
  if (open.kind === 'add') {
    const isTitle = intent.kind === 'unknown' || (intent.kind === 'add' && intent.title !== undefined);
    const [added] = isTitle ? readIntents(`add a task: ${text}`, reference) : [];
    return added?.kind === 'add' ? [{ ...open, ...added }] : undefined;
  }
  if (!('target' in open)) return undefined;
  if (open.kind === 'update' && Object.keys(open.changes).length === 0) {
    return readNewValue(text, intent, open.target, reference);
  }
  const target = chosen(text, intent, question.text, reference);
  return target && [{ ...open, target }];
}

/** "What should I change it to?" – "tomorrow", "Buy oat milk". */
function readNewValue(
  text: string,
  intent: Intent,
  target: Target,
  reference: Reference,
): Intent[] | undefined {
  if (!['unknown', 'add', 'list'].includes(intent.kind)) return undefined;
  const words = target.by === 'words' ? target.words : target.by === 'id' ? `task ${target.id}` : 'it';
  const [changed] = readIntents(`change ${words} to ${text.replace(/^to\s+/iu, '')}`, reference);
  return changed?.kind === 'update' ? [changed] : undefined;
}

/** Whether the request still needs words from the user: a title, a choice, a new value. */
function isOpen(intent: Intent, question: string): boolean {
  if (intent.kind === 'add') return intent.title === undefined;
  if (intent.kind === 'update' && Object.keys(intent.changes).length === 0) return true;
  return 'target' in intent && intent.target.by !== 'id' && /which|do you mean/i.test(question);
}

/** The task that the answer picks from those listed in the question. */
function chosen(text: string, intent: Intent, question: string, reference: Reference): Target | undefined {
  const offered = [...question.matchAll(/#(\d+) “/g)].map((match) => Number(match[1]));
  const pick = (id: number | undefined): Target | undefined =>
    id === undefined ? undefined : { by: 'id', id };
  if (YES.test(fold(text)) && offered.length === 1) return pick(offered[0]);
  const [read] = intent.kind === 'show' ? [intent] : readIntents(`show details of ${text}`, reference);
  if (read?.kind !== 'show') return undefined;
  if (read.target.by === 'position') {
    return pick(offered.at(read.target.position > 0 ? read.target.position - 1 : read.target.position));
  }
  return intent.kind === 'unknown' || intent.kind === 'show' || intent.kind === 'add'
    ? read.target
    : undefined;
}

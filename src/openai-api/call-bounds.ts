import type { Outlook } from '../models/worst-case';
import { windowOf } from '../models/worst-case';
import { type BoundDialect, givenAnswers, givenBound, givenCompletions } from '../models/limited-body';
import { pointsElsewhere } from '../models/pointers';
import type { ModelRequest } from './model-request';
import { isMediaRoute } from './model-routes';

/** What the older completions write where a request sets no bound, by OpenAI's reference. */
const COMPLETIONS_DEFAULT_TOKENS = 16;

/** The bounds of a request's cost, and how they are enforced if a limit holds its caller. */
export interface CallBounds {
  outlook: Outlook;
  /** In whose terms its output is bounded. Absent: nothing of its body is changed. */
  dialect?: BoundDialect;
  /** The bound that is set where the request has none. Absent: its API has no such field. */
  setTokens?: number;
}

/**
 * undefined: the request runs no model.
 * @param model as it is called
 * @param maxOutputTokens of one answer, where the request does not say
 */
export function boundsOf(
  request: ModelRequest,
  model: string,
  maxOutputTokens: number,
): CallBounds | undefined {
  const { route, body, rawBody, form } = request;
  if (isMediaRoute(route)) {
    const textBytes = form?.textBytes ?? rawBody.length;
    return {
      outlook: { mostOutputTokens: maxOutputTokens, answers: answersOf(request), textBytes, isMedia: true },
    };
  }
  switch (route) {
    case '/responses/input_tokens':
      return undefined;
    case '/moderations':
      return { outlook: { mostOutputTokens: 0, textBytes: 0 } };
    case '/embeddings':
      return { outlook: { mostOutputTokens: 0 } };
    case '/completions':
      return {
        outlook: {
          mostOutputTokens: givenBound('completions', body) ?? COMPLETIONS_DEFAULT_TOKENS,
          answers: givenCompletions(body),
          // Many prompts, each with a window of its own.
          textBytes: rawBody.length,
        },
        dialect: 'completions',
        setTokens: COMPLETIONS_DEFAULT_TOKENS,
      };
    case '/responses/compact':
      return { outlook: outlookOfCompacting(request, model, maxOutputTokens), dialect: 'responses' };
    default: {
      const dialect = route === '/responses' ? 'responses' : 'chat';
      const outlook = {
        mostOutputTokens: givenBound(dialect, body) ?? maxOutputTokens,
        answers: dialect === 'chat' ? givenAnswers(body) : 1,
        pointsElsewhere: pointsElsewhere(body),
      };
      return { outlook, dialect, setTokens: maxOutputTokens };
    }
  }
}

/** Its API has no bound of the output; but what a conversation is compacted to is no longer than the conversation. */
function outlookOfCompacting(
  { body, rawBody }: ModelRequest,
  model: string,
  maxOutputTokens: number,
): Outlook {
  const isElsewhere = pointsElsewhere(body);
  const window = windowOf(model);
  const mostOutputTokens = isElsewhere ? window : Math.min(Math.max(rawBody.length, maxOutputTokens), window);
  return { mostOutputTokens, pointsElsewhere: isElsewhere };
}

/** In a form, numbers are text. */
function answersOf({ body: { n } }: ModelRequest): number {
  return givenAnswers({ n: typeof n === 'string' ? Number(n) : n });
}

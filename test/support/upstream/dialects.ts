import { CHAT_PATH, chatCompletion, chatFrames } from './chat-wire';
import { responseBody, RESPONSES_PATH, responsesFrame, responsesFrames } from './responses-wire';

/** Part of every failure message of a scripted provider; no answer and no log line may contain it. */
export const PLANTED = 'planted-in-the-upstream-7f3e9a';

/** One of the two APIs a provider may speak. */
export interface Dialect {
  readonly name: 'chat' | 'responses';
  readonly path: string;
  whole(text: string): object;
  /** The blocks of a stream, each with its blank line, including usage. */
  frames(deltas: readonly string[]): string[];
  /** The block that reports a failure in a stream with status 200. */
  readonly errorFrame: string;
}

const FAILURE = `The engine failed (${PLANTED}).`;

export const chat: Dialect = {
  name: 'chat',
  path: CHAT_PATH,
  whole: (text) => chatCompletion({ content: text }),
  frames: (deltas) => chatFrames(deltas, { usage: true }),
  errorFrame: `data: ${JSON.stringify({ error: { message: FAILURE, type: 'server_error', param: null, code: null } })}\n\n`,
};

export const responses: Dialect = {
  name: 'responses',
  path: RESPONSES_PATH,
  whole: (text) => responseBody({ content: text }),
  frames: (deltas) => responsesFrames(deltas),
  errorFrame: responsesFrame({
    type: 'error',
    code: 'server_error',
    message: FAILURE,
    param: null,
    sequence_number: 1,
  }),
};

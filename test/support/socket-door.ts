import { createTestApp, type TestApp } from './app';
import { chat, jsonAnswer, type Script, type ScriptedUpstream, streamAnswer } from './scripted-upstream';

export const TEMPLATE = 'You comment on a turn of Cog.';
export const MESSAGES = [{ role: 'user', content: 'I play the seven.' }];

/** A request from a client of the socket. */
export const prompt = (response_type: string, messages: unknown = MESSAGES) => ({
  prompt_template: 'COG_TURN_COMMENT',
  messages,
  response_type,
});

/** The provider's answer to a prompt that is not streamed. */
export const reply = (text: string): Script => jsonAnswer(chat.whole(text));
/** The provider's answer to a streamed prompt. */
export const stream = (...deltas: string[]): Script => streamAnswer(...chat.frames(deltas));

/** An app with a prompt template and no limits, unless the environment sets them. */
export function startSocketApp(
  upstream: Pick<ScriptedUpstream, 'baseUrl'>,
  environment: Record<string, string> = {},
): Promise<TestApp> {
  return createTestApp({
    OPENAI_BASE_URL: upstream.baseUrl,
    PROMPT_TEMPLATES: 'COG_TURN_COMMENT',
    COG_TURN_COMMENT: TEMPLATE,
    RATE_LIMIT_PER_MINUTE: '0',
    AUTH_ATTEMPTS_PER_MINUTE: '0',
    MAX_STREAMS_PER_USER: '0',
    ...environment,
  });
}

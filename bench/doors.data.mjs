/** What is measured: kinds of request to a provider, and the doors for each. */
import { chatEvents } from './replies.chat.mjs';
import { responseEvents } from './replies.responses.mjs';
import { tag } from './reply-plan.mjs';
import {
  hasSameEvents,
  hasSameEventsWithoutUsage,
  hasSameText,
  isCompletionWithContent,
  isRelayed,
  isSameJson,
  isSameResponse,
} from './reply-checks.mjs';

const MODEL = 'gpt-4o-mini';
const ASK =
  'Please explain how a reverse proxy keeps the connections to its servers alive, what it saves, and what may go wrong with it. ';

/** About 1 KB: a short conversation, and the tag that controls the reply. */
const conversation = (plan) => [
  { role: 'system', content: 'You answer briefly.' },
  { role: 'user', content: ASK },
  { role: 'assistant', content: ASK.repeat(3) },
  { role: 'user', content: `${ASK}${ASK}${tag(plan)}` },
];

const completion = (plan) => ({ model: MODEL, messages: conversation(plan), temperature: 0.7 });
const streamed = (plan) => ({ ...completion(plan), stream: true, stream_options: { include_usage: true } });
const streamedWithoutUsage = (plan) => ({ ...completion(plan), stream: true });
const response = (plan) => ({ model: MODEL, input: conversation(plan), temperature: 0.7 });
const streamedResponse = (plan) => ({ ...response(plan), stream: true });
const embedding = () => ({
  model: 'text-embedding-3-small',
  input: ASK.repeat(4),
  encoding_format: 'base64',
});

/**
 * A kind: the request sent directly to the provider (`direct`), to the plain Express server, and to each of our doors.
 * Every row is compared with `direct` of its kind. `check` verifies a reply; `events` is what the provider sends.
 */
export const KINDS = [
  {
    name: 'chat completion',
    isStream: false,
    path: '/v1/chat/completions',
    body: completion,
    expressCheck: isSameJson,
    doors: [
      { path: '/api/chat', body: completion, check: isCompletionWithContent },
      { path: '/v1/chat/completions', body: completion, check: isRelayed },
    ],
  },
  {
    name: 'response',
    isStream: false,
    path: '/v1/responses',
    body: response,
    expressCheck: isSameResponse,
    doors: [{ path: '/v1/responses', body: response, check: isRelayed }],
  },
  {
    name: 'embedding',
    isStream: false,
    path: '/v1/embeddings',
    body: embedding,
    expressCheck: isSameJson,
    doors: [{ path: '/v1/embeddings', body: embedding, check: isRelayed }],
  },
  {
    name: 'chat stream',
    isStream: true,
    path: '/v1/chat/completions',
    body: streamed,
    events: (plan) => chatEvents(plan, true),
    expressCheck: hasSameEvents,
    doors: [
      { path: '/api/chat/stream', body: completion, check: hasSameText },
      { path: '/v1/chat/completions', body: streamed, check: isRelayed },
    ],
  },
  {
    name: 'chat stream, usage not asked for',
    isStream: true,
    path: '/v1/chat/completions',
    body: streamedWithoutUsage,
    events: (plan) => chatEvents(plan, false),
    expressCheck: hasSameEvents,
    doors: [{ path: '/v1/chat/completions', body: streamedWithoutUsage, check: hasSameEventsWithoutUsage }],
  },
  {
    name: 'response stream',
    isStream: true,
    path: '/v1/responses',
    body: streamedResponse,
    events: (plan) => responseEvents(plan, 'resp_0000000000000000'),
    expressCheck: hasSameEvents,
    doors: [
      { path: '/api/chat-openai', body: completion, check: isRelayed },
      { path: '/v1/responses', body: streamedResponse, check: isRelayed },
    ],
  },
];

/** A completion and its stream, as Chat Completions sends them. */
import { deltas, TEXT } from './reply-plan.mjs';

const CREATED = 1763600000;
const MODEL = 'gpt-4o-mini-2024-07-18';
const COMPLETION = 'chatcmpl-B0123456789abcdefghijklmno';

export function chatCompletion() {
  return JSON.stringify({
    id: COMPLETION,
    object: 'chat.completion',
    created: CREATED,
    model: MODEL,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: TEXT, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: chatUsage(150),
    service_tier: 'default',
    system_fingerprint: 'fp_0123456789',
  });
}

function chatUsage(completionTokens) {
  return {
    prompt_tokens: 120,
    completion_tokens: completionTokens,
    total_tokens: 120 + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** @returns one string for each event */
export function chatEvents(plan, hasUsage) {
  const chunk = (choices, usage = null) =>
    `data: ${JSON.stringify({
      id: COMPLETION,
      object: 'chat.completion.chunk',
      created: CREATED,
      model: MODEL,
      service_tier: 'default',
      system_fingerprint: 'fp_0123456789',
      choices,
      ...(hasUsage && { usage }),
    })}\n\n`;
  const choice = (delta, finishReason = null) => [
    { index: 0, delta, logprobs: null, finish_reason: finishReason },
  ];
  return [
    chunk(choice({ role: 'assistant', content: '', refusal: null })),
    ...deltas(plan).map((content) => chunk(choice({ content }))),
    chunk(choice({}, 'stop')),
    ...(hasUsage ? [chunk([], chatUsage(plan.count))] : []),
    'data: [DONE]\n\n',
  ];
}

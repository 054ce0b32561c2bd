import type OpenAI from 'openai';
import { readStreaming } from './chat-completions';
import type { Fault } from './faults';
import { newId, replyTo, SIMULATOR_MODEL } from './model-reply';
import { type Body, missing, optionalNumber, refuseUnknown, requireModel, wrongType } from './request-shape';
import { splitIntoDeltas } from './tokens';
import { type Frame, frame } from './wire';

type Completion = OpenAI.Completion;

const PARAMETERS = new Set(
  (
    'best_of echo frequency_penalty logit_bias logprobs max_tokens model n presence_penalty prompt seed stop stream ' +
    'stream_options suffix temperature top_p user'
  ).split(' '),
);
const DEFAULT_TOKENS = 16;

/** An answer of the older completions API: as one body, and as the frames of a stream. */
export interface CompletionAnswer {
  readonly stream: boolean;
  readonly whole: Completion;
  readonly frames: readonly Frame[];
}

/** @throws ProviderError if the provider would refuse the request */
export function completePrompt(body: Body, now: Date, fault: Fault | undefined): CompletionAnswer {
  refuseUnknown(body, PARAMETERS);
  requireModel(body);
  const maxOutputTokens =
    optionalNumber(body, 'max_tokens', { least: 1, most: Number.MAX_SAFE_INTEGER, isInteger: true }) ??
    DEFAULT_TOKENS;
  const { stream, includesUsage } = readStreaming(body);
  const entries = [{ kind: 'user', text: readPrompt(body) } as const];
  const reply = replyTo(
    {
      entries,
      tools: [],
      toolChoice: 'none',
      allowsParallelCalls: false,
      format: { type: 'text' },
      maxOutputTokens,
    },
    now,
    fault,
  );
  const base = {
    id: newId('cmpl-'),
    object: 'text_completion' as const,
    created: Math.floor(now.getTime() / 1000),
    model: SIMULATOR_MODEL,
  };
  const finish = reply.finishReason === 'length' ? 'length' : 'stop';
  const choice = (text: string, reason: 'stop' | 'length' | null) => ({
    index: 0,
    text,
    logprobs: null,
    finish_reason: reason,
  });
  const usage = {
    prompt_tokens: reply.inputTokens,
    completion_tokens: reply.outputTokens,
    total_tokens: reply.inputTokens + reply.outputTokens,
  };
  return {
    stream,
    whole: { ...base, choices: [choice(reply.text, finish) as OpenAI.CompletionChoice], usage },
    frames: [
      ...splitIntoDeltas(reply.text).map((text) =>
        frame({ ...base, choices: [choice(text, null)] }, { isDelta: true }),
      ),
      frame({ ...base, choices: [choice('', finish)] }),
      ...(includesUsage ? [frame({ ...base, choices: [], usage })] : []),
      frame('[DONE]'),
    ],
  };
}

function readPrompt({ prompt }: Body): string {
  if (prompt === undefined || prompt === null) throw missing('prompt');
  if (typeof prompt === 'string') return prompt;
  if (Array.isArray(prompt)) return JSON.stringify(prompt);
  throw wrongType('prompt', 'text or tokens');
}

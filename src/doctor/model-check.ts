import { randomUUID } from 'node:crypto';
import { adaptRequest } from '../models/adapt-request';
import { findModel } from '../models/catalogue';
import { addressBelow, authorization, type ProviderAccess } from '../models/provider-access';
import { textOfContent } from '../models/message-content';
import { readErrorBody } from '../models/provider-error-body';
import { END_OF_STREAM, isError, type ProviderEvent, readEventData } from '../models/provider-events';
import { explainConnection } from './connection-faults';
import { judgeArrival, timedEvents } from './event-stream';
import { type Diagnosis, failed, type Finding, ok, skipped, warning } from './finding';
import { open, readJson } from './probe';
import { explainRefusal, type ProviderTarget } from './provider-faults';
import { describeProvider } from './provider-labels';

/** Enough to count a little, and for a model that thinks first to begin; at most a fraction of a cent. */
const MOST_TOKENS = 128;
const PROMPT = 'Count from one to twenty, in words.';
/** What a model says that thought until its tokens were used up: it works. */
const OUT_OF_TOKENS = /max_tokens or model output limit/i;

interface Reply {
  sentAtMs: number;
  arrivedAtMs: number[];
}

/** Thrown where there is an answer and it is none: what a provider's refusal means is known by then. */
class RefusedError extends Error {
  constructor(readonly diagnosis: Diagnosis) {
    super('The provider refused the request.');
  }
}

/** The one call that costs something: only an answer shows that the account has money and access to the model. */
export async function checkModel(
  model: string,
  access: ProviderAccess,
  timeoutMs: number,
): Promise<Finding[]> {
  const target = describeProvider(access, model);
  try {
    const reply = await ask(model, access, target, timeoutMs);
    const seconds = ((performance.now() - reply.sentAtMs) / 1000).toFixed(1);
    return [ok('default model', `${model} answers, in ${seconds} s`), judgeStream(reply, target)];
  } catch (error) {
    const diagnosis = error instanceof RefusedError ? error.diagnosis : explainConnection(error, target);
    return [failed('default model', diagnosis)];
  }
}

async function ask(
  model: string,
  access: ProviderAccess,
  target: ProviderTarget,
  timeoutMs: number,
): Promise<Reply> {
  const sentAtMs = performance.now();
  const response = await open(
    {
      url: addressBelow(access, '/chat/completions'),
      headers: { ...authorization(access), 'x-client-request-id': randomUUID() },
      body: completionRequest(model),
    },
    AbortSignal.timeout(timeoutMs),
  );
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (response.ok && isStream && response.body !== null) {
    return { sentAtMs, arrivedAtMs: await readDeltas(response.body, target) };
  }
  const body = await readJson(response);
  const isWhole = response.ok && Array.isArray((body as { choices?: unknown } | undefined)?.choices);
  if (!isWhole && !OUT_OF_TOKENS.test(readErrorBody(body).message ?? '')) {
    throw new RefusedError(explainRefusal({ status: response.status, body }, target));
  }
  return { sentAtMs, arrivedAtMs: [] };
}

function completionRequest(model: string): object {
  const effort = findModel(model)?.reasoningEffortWithTools;
  return adaptRequest(model, {
    model,
    messages: [{ role: 'user', content: PROMPT }],
    max_tokens: MOST_TOKENS,
    stream: true,
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
  }).parameters;
}

/** When each piece of text came. */
async function readDeltas(body: ReadableStream<Uint8Array>, target: ProviderTarget): Promise<number[]> {
  const arrivedAtMs: number[] = [];
  for await (const { data, atMs } of timedEvents(body)) {
    const event = parse(data);
    // A failure can come in a stream whose status was 200.
    if (event === undefined) continue;
    if (isError(event)) throw new RefusedError(explainRefusal({ status: 500, body: event }, target));
    if (hasText(event)) arrivedAtMs.push(atMs);
  }
  return arrivedAtMs;
}

function hasText({ choices }: ProviderEvent): boolean {
  if (!Array.isArray(choices)) return false;
  return (choices as ({ delta?: { content?: unknown } | null } | null)[]).some(
    (choice) => textOfContent(choice?.delta?.content) !== '',
  );
}

function parse(data: string): ProviderEvent | undefined {
  try {
    const event = readEventData(data);
    return event === END_OF_STREAM ? undefined : event;
  } catch {
    return undefined;
  }
}

/** Some models speak in few large pieces, so this alone is no failure. */
function judgeStream({ sentAtMs, arrivedAtMs }: Reply, { host }: ProviderTarget): Finding {
  const subject = 'model stream';
  switch (judgeArrival(sentAtMs, arrivedAtMs)) {
    case 'one by one':
      return ok(subject, 'arrives piece by piece');
    case 'at once':
      return warning(subject, {
        matter: 'network',
        text: `all of it comes at once: if that stays so, let this machine reach ${host} past the proxy that holds it up.`,
      });
    default:
      return skipped(subject, 'the answer was too short to tell whether it is held up');
  }
}

import type { MadeObject } from '../models/upstream-object';
import type { EventReading } from './event-recorder';
import { madeByCompletion, madeByResponse, madeByResponseEvent, type ResponseKeeping } from './made-objects';
import type { ModelRequest } from './model-request';
import type { JsonObject } from './relay-json';

/** How an answer tells what it has made at the provider, whole or as a stream. */
export interface Making {
  ofAnswer(answer: JsonObject): MadeObject[];
  ofEvents: EventReading;
}

const OF_SPEECH: Making = {
  ofAnswer: madeByCompletion,
  ofEvents: { marker: Buffer.from('"audio":'), made: madeByCompletion },
};

export function makingOfResponse(keeping: ResponseKeeping): Making {
  return {
    ofAnswer: (response) => madeByResponse(response, keeping),
    ofEvents: {
      marker: Buffer.from('"response":'),
      made: (event) => madeByResponseEvent(event, keeping),
    },
  };
}

/**
 * undefined where a request's answer is all there is.
 * @param callId the call that its cost is booked to
 */
export function makingOf({ route, body }: ModelRequest, callId: string): Making | undefined {
  if (route === '/responses') {
    const isInBackground = body.background === true;
    return makingOfResponse({ isStored: body.store !== false, callId: isInBackground ? callId : undefined });
  }
  return route === '/chat/completions' && body.audio != null ? OF_SPEECH : undefined;
}

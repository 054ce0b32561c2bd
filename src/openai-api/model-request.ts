import type { Principal } from '../auth/principal';
import { AppError } from '../common/app-error';
import type { ModelForm } from './model-form';
import { MODEL_ROUTES, type ModelRoute } from './model-routes';
import type { JsonObject } from './relay-json';

export type { ModelRoute } from './model-routes';

/** A request as a door got it: what it says, and the bytes it came as. */
export interface ModelRequest {
  route: ModelRoute;
  /** Of a form: its text fields. */
  body: JsonObject;
  rawBody: Buffer;
  /** Where it came as a form. */
  form?: ModelForm;
  user: Principal;
}

/**
 * The model a request names, or its route's own default; undefined: the server is to choose.
 * @throws AppError validation_failed
 */
export function readModel({ route, body: { model } }: ModelRequest): string | undefined {
  if (typeof model === 'string') return model;
  if (model != null) throw invalid('model', 'must be a string');
  const { defaultModel } = MODEL_ROUTES[route];
  if (defaultModel === undefined) throw invalid('model', 'must be given');
  return defaultModel === 'server' ? undefined : defaultModel;
}

/** @throws AppError validation_failed where only the provider would know what is meant */
export function readStream({ route, body, form }: ModelRequest): boolean {
  const { stream: field } = MODEL_ROUTES[route];
  if (field === 'stream_format') return body.stream_format === 'sse';
  if (field === undefined || body.stream == null) return false;
  const { stream } = body;
  if (typeof stream === 'boolean') return stream;
  if (form !== undefined && typeof stream === 'string') {
    if (/^(true|1)$/i.test(stream)) return true;
    if (/^(false|0)?$/i.test(stream)) return false;
  }
  throw invalid('stream', 'must be a boolean');
}

/** Whether the client wants the chunk that tells what a stream of completions has cost. */
export function wantsUsage({ stream_options: options }: JsonObject): boolean {
  return (options as { include_usage?: unknown } | null | undefined)?.include_usage === true;
}

/** The names of a request's fields, of a form without what stands in brackets behind them. */
export function fieldNames({ body, form }: ModelRequest): string[] {
  return form === undefined ? Object.keys(body) : form.names;
}

/** @throws AppError validation_failed */
export const invalid = (name: string, fault: string): AppError => {
  const message = `${name} ${fault}`;
  return new AppError('validation_failed', message, { details: [{ path: [name], message }] });
};

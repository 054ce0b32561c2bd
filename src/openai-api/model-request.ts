import type { Principal } from '../auth/principal';
import { AppError } from '../common/app-error';
import type { JsonObject } from './relay-json';

/** The routes that run a model, by their paths below `/v1` and a provider's base URL. */
export type ModelRoute = '/chat/completions' | '/responses' | '/embeddings';

/** A request as a door got it: what it says, and the bytes it came as. */
export interface ModelRequest {
  route: ModelRoute;
  body: JsonObject;
  rawBody: Buffer;
  user: Principal;
}

/**
 * The model a request names; undefined: the server is to choose.
 * @throws AppError validation_failed
 */
export function readModel({ route, body: { model } }: ModelRequest): string | undefined {
  if (typeof model === 'string') return model;
  if (model != null) throw invalid('model', 'must be a string');
  // The server's own choice is a model to talk with.
  if (route === '/embeddings') throw invalid('model', 'must be given');
  return undefined;
}

/** @throws AppError validation_failed where only the provider would know what is meant */
export function readStream({ route, body: { stream } }: ModelRequest): boolean {
  if (route === '/embeddings' || stream == null) return false;
  if (typeof stream !== 'boolean') throw invalid('stream', 'must be a boolean');
  return stream;
}

/** Whether the client wants the chunk that tells what a chat stream has cost. */
export function wantsUsage({ stream_options: options }: JsonObject): boolean {
  return (options as { include_usage?: unknown } | null | undefined)?.include_usage === true;
}

/** @throws AppError validation_failed */
export const invalid = (name: string, fault: string): AppError => {
  const message = `${name} ${fault}`;
  return new AppError('validation_failed', message, { details: [{ path: [name], message }] });
};

export type JsonObject = Record<string, unknown>;

/** Whether parsed JSON is an object: no list, no null. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

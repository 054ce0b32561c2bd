/** Those whose calls are handed to the client; all others the provider runs. */
const CLIENTS_TOOLS = new Set<unknown>(['function', 'custom']);

/** Whether a request has no tools but those that its client runs itself. */
export function areClientsTools(tools: unknown): boolean {
  if (tools == null) return true;
  return (
    Array.isArray(tools) && tools.every((tool: { type?: unknown } | null) => CLIENTS_TOOLS.has(tool?.type))
  );
}

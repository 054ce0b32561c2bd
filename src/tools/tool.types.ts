import type { Transaction } from '../database/database.service';
import type { TaskChangeKind, TaskImage } from '../tasks/task-image';

/** A JSON Schema object, as the model and MCP clients read it. */
export type JsonSchema = Record<string, unknown>;

export interface ToolDefinition {
  name: string;
  description: string;
  parameters: JsonSchema;
}

/** A call as the model made it: nothing about it is checked. */
export interface ToolCallRequest {
  id: string;
  name: string;
  argumentsText: string;
}

export interface ParsedToolCall {
  id: string;
  /** The tool's own name, also where an alias was called; fit for logs and history where there is no such tool. */
  name: string;
  /** `{}` where they could not be read as a JSON object. */
  arguments: Record<string, unknown>;
  error?: 'invalid_arguments' | 'unknown_tool';
  detail?: string;
}

/** For whom and where a tool runs; none of it comes from the model. */
export interface ToolContext {
  userId: string;
  /** IANA name. */
  timezone: string;
  now: Date;
  tx: Transaction;
}

/** A changed row, for the journal. A tool over another table adds its image to this union. */
export type RowImage = TaskImage;

/** What the database did, as clients see it. */
export interface Change {
  tool: string;
  task_id: number;
  change: TaskChangeKind;
  title: string;
}

/** What a tool's `run` gives. */
export interface ToolResult {
  /** JSON data for the model. */
  result: unknown;
  changes?: RowImage[];
}

export interface ToolOutcome {
  ok: boolean;
  /** JSON data of at most 8 KB: what the model reads. */
  result: unknown;
  changes: Change[];
  images: RowImage[];
  /** Why it was refused or failed. */
  error?: string;
}

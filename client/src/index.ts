export { createClient, type Client, type ClientOptions } from './client.js';
export { BrokenStreamError, ConnectionError, KeyturnError } from './errors.js';
export type { ErrorCode, ErrorDetail } from './errors.js';
export type { CallOptions } from './http.js';
export type { Page, PageQuery } from './page.js';
export type { ReplyStream } from './reply-stream.js';
export type { Session, SessionUser, TokenSource } from './session.js';
export type { Credentials, NewAccount, User } from './auth.js';
export type {
  ChatMessage,
  ChatRequest,
  ChatTool,
  ChatToolCall,
  Completion,
  CompletionChoice,
  CompletionStream,
  StreamedCompletion,
  Usage,
} from './chat.js';
export type {
  Change,
  ToolResult,
  Turn,
  TurnAnswer,
  TurnEvent,
  TurnOptions,
  TurnRequest,
  TurnStream,
  TurnToolCall,
} from './turns.js';
export type { Conversation, ConversationPatch, ConversationsQuery, Message } from './conversations.js';
export type {
  NewTask,
  Priority,
  Task,
  TaskChangeOptions,
  TaskPatch,
  TasksQuery,
  TaskStatus,
} from './tasks.js';

import { authCalls } from './auth.js';
import { chatCalls } from './chat.js';
import { conversationCalls } from './conversations.js';
import { Http } from './http.js';
import { CurrentSession, type TokenSource } from './session.js';
import { taskCalls } from './tasks.js';
import { turnCalls } from './turns.js';

export interface ClientOptions {
  /** The address of Keyturn, such as `https://chat.example.com`; default on a page: the page's origin. */
  baseUrl?: string;
  /**
   * An access token or API key, or a function that returns the current one. Default: the token of the user who signs
   * in.
   */
  token?: TokenSource;
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch;
  /** How often a request is retried after a 429 with an acceptable `Retry-After`; default: 2. */
  maxRetries?: number;
  /** Whether a browser sends its session cookie; `include` also sends it to another origin. */
  credentials?: 'omit' | 'same-origin' | 'include';
}

type ChatCalls = ReturnType<typeof chatCalls>;
type TurnCalls = ReturnType<typeof turnCalls>;

export interface Client extends ChatCalls, TurnCalls {
  conversations: ReturnType<typeof conversationCalls>;
  tasks: ReturnType<typeof taskCalls>;
  auth: ReturnType<typeof authCalls>;
}

/** A client of one Keyturn server, for one user. */
export function createClient(options: ClientOptions = {}): Client {
  const { baseUrl = originOfPage(), maxRetries = 2, credentials } = options;
  const session = new CurrentSession(options.token);
  const http = new Http(
    {
      baseUrl: baseUrl.replace(/\/+$/, ''),
      fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
      maxRetries,
      credentials,
    },
    session,
  );
  return {
    ...chatCalls(http),
    ...turnCalls(http),
    conversations: conversationCalls(http),
    tasks: taskCalls(http),
    auth: authCalls(http, session),
  };
}

function originOfPage(): string {
  if (typeof location === 'undefined') throw new TypeError('Outside a page, createClient needs a baseUrl.');
  return location.origin;
}

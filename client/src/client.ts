import { authCalls } from './auth.js';
import { chatCalls } from './chat.js';
import { conversationCalls } from './conversations.js';
import { Http } from './http.js';
import { CurrentSession, type TokenSource } from './session.js';
import { taskCalls } from './tasks.js';
import { turnCalls } from './turns.js';

export interface ClientOptions {
  /** Where Keyturn is, such as `https://chat.example.com`; absent on a page: where the page came from. */
  baseUrl?: string;
  /** An access token or API key, or a function that gives the one of the moment. Absent: that of who signs in. */
  token?: TokenSource;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
  /** How often a request that was refused with 429 and a bearable `Retry-After` is sent again; 2 where absent. */
  maxRetries?: number;
  /** Whether a browser sends its session cookie: `include` also to another origin. */
  credentials?: 'omit' | 'same-origin' | 'include';
}

type ChatCalls = ReturnType<typeof chatCalls>;
type TurnCalls = ReturnType<typeof turnCalls>;

export interface Client extends ChatCalls, TurnCalls {
  conversations: ReturnType<typeof conversationCalls>;
  tasks: ReturnType<typeof taskCalls>;
  auth: ReturnType<typeof authCalls>;
}

/** A client of one Keyturn and one user. */
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

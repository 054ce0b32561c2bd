/**
 * What an application does with the client, told in JSON: the same in Node by `import` and by `require`, and on a page.
 * Each takes the package's exports and `{ url, … }`.
 */

const HELLO = { messages: [{ role: 'user', content: 'Hello' }] };

/** Says a few words, and then nothing for good. */
const STALLING = { messages: [{ role: 'user', content: '[[fault:stall]] hello' }] };

export async function account({ createClient }, { url, credentials }) {
  const { auth } = createClient({ baseUrl: url });
  const signedUp = await auth.signUp({ ...credentials, timezone: 'Europe/Berlin' });
  const me = await auth.me();
  const signedIn = await auth.signIn(credentials);
  const refreshed = await auth.refresh();
  const meAfterRefresh = await auth.me();
  await auth.signOut();
  return {
    users: [signedUp.user, me, signedIn.user, meAfterRefresh].map(({ id }) => id),
    timezone: me.timezone,
    hasNewRefreshToken: refreshed.refresh_token !== signedIn.refresh_token,
    refusedAfter: await codeOf(auth.me()),
  };
}

export async function tasks({ createClient }, { url, token }) {
  const { tasks } = createClient({ baseUrl: url, token });
  const created = await tasks.create({ title: 'Buy milk', due_at: '2026-11-25', tags: ['home'] });
  const renamed = await tasks.update(created.id, { title: 'Buy oat milk' }, { ifVersion: created.version });
  const stale = await codeOf(tasks.delete(created.id, { ifVersion: created.version }));
  const completed = await tasks.complete(created.id);
  const found = await tasks.list({ status: 'completed', q: 'oat', limit: 10 });
  const reopened = await tasks.reopen(created.id, { ifVersion: completed.version });
  const nothing = await tasks.delete(created.id, { ifVersion: reopened.version });
  return {
    titles: [created, renamed].map(({ title }) => title),
    statuses: [completed, reopened].map(({ status }) => status),
    found: found.items.map(({ title, due_at }) => [title, due_at]),
    stale,
    deleted: nothing === undefined,
    gone: await codeOf(tasks.get(created.id)),
  };
}

export async function conversation({ createClient }, { url, token }) {
  const keyturn = createClient({ baseUrl: url, token });
  const { conversations } = keyturn;
  const first = await keyturn.sendMessage({ message: 'Add a task to buy milk' });
  const id = first.conversation_id;
  const turn = keyturn.streamMessage({ conversation_id: id, message: 'Complete the milk task' });
  const events = [];
  for await (const event of turn) events.push(event);
  const answer = await turn.result();
  const renamed = await conversations.update(id, { title: 'Shopping', archived: true });
  const archive = await conversations.list({ archived: true });
  const messages = await conversations.messages(id, { limit: 100 });
  const kept = await keyturn.turns.get(answer.turn_id);
  await conversations.delete(id);
  return {
    changes: [first, answer].flatMap(({ changes }) => changes.map(({ change }) => change)),
    kinds: [...new Set(events.map(({ type }) => type))],
    isWhole: events.flatMap(({ delta }) => delta ?? []).join('') === answer.response,
    isSameConversation: answer.conversation_id === id,
    renamed: [renamed.title, archive.items.map(({ title }) => title)],
    said: messages.items.filter(({ role }) => role === 'user').map(({ content }) => content),
    state: kept.state,
    gone: await codeOf(conversations.get(id)),
  };
}

export async function cancelledTurn({ createClient }, { url, token }) {
  const keyturn = createClient({ baseUrl: url, token });
  const cancelled = [];
  let turnId;
  const reading = (async () => {
    for await (const event of keyturn.streamMessage({ message: '[[fault:stall]] hello' })) {
      if (event.type === 'accepted') turnId = event.turn_id;
      if (event.type === 'delta') cancelled.push((await keyturn.turns.cancel(turnId)).state);
    }
  })();
  const error = await thrownBy(reading);
  return { cancelled, code: error?.code, isOfTheTurn: error?.turnId === turnId };
}

/** Leaves an agent's turn in the middle; it goes on. */
export async function turnLeft({ createClient }, { url, token }) {
  const keyturn = createClient({ baseUrl: url, token });
  for await (const event of keyturn.streamMessage({ message: '[[fault:slow:20]] Add a task to buy bread' })) {
    if (event.type === 'accepted') return { turnId: event.turn_id };
  }
}

export async function completion({ createClient }, { url, token, credentials }) {
  const { chatOnce, chatStream } = createClient({ baseUrl: url, token, credentials });
  const once = await chatOnce(HELLO);
  const stream = chatStream(HELLO);
  const deltas = [];
  for await (const delta of stream) deltas.push(delta);
  const result = await stream.result();
  return {
    content: once.content,
    choice: once.choices[0].message.content,
    finishReasons: [once.choices[0].finish_reason, result.finish_reason],
    usages: [once.usage, result.usage],
    deltas,
    streamed: result.content,
  };
}

/** Tools are the caller's here: the model asks, the caller runs them and comes back with what they said. */
export async function toolLoop({ createClient }, { url, token }) {
  const { chatOnce } = createClient({ baseUrl: url, token });
  const parameters = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] };
  const tools = [
    { type: 'function', function: { name: 'add_task', description: 'Adds a task.', parameters } },
  ];
  const messages = [{ role: 'user', content: 'Add a task to buy milk' }];
  const asked = await chatOnce({ messages, tools });
  const { message, finish_reason } = asked.choices[0];
  const [call] = message.tool_calls;
  const result = { role: 'tool', tool_call_id: call.id, content: '{"task":{"id":7,"title":"Buy milk"}}' };
  const told = await chatOnce({ messages: [...messages, message, result], tools });
  return { tool: call.function.name, content: asked.content, finish_reason, told: told.content };
}

export async function abortedStream({ createClient }, { url, token }) {
  const abort = new AbortController();
  const reason = new Error('The user pressed stop.');
  const deltas = [];
  const reading = (async () => {
    const { chatStream } = createClient({ baseUrl: url, token });
    for await (const delta of chatStream(STALLING, { signal: abort.signal })) {
      deltas.push(delta);
      abort.abort(reason);
    }
  })();
  return { isReason: (await thrownBy(reading)) === reason, deltas: deltas.length };
}

export async function leftStream({ createClient }, { url, token }) {
  for await (const _ of createClient({ baseUrl: url, token }).chatStream(STALLING)) return { isLeft: true };
}

/** Asks for something that fails, and says how it was told. */
export async function failure(
  { createClient, KeyturnError, ConnectionError },
  { url, token, call, content },
) {
  const keyturn = createClient({ baseUrl: url, token });
  const request = { messages: [{ role: 'user', content }] };
  const error = await thrownBy(
    {
      chatOnce: () => keyturn.chatOnce(request),
      chatStream: () => keyturn.chatStream(request).result(),
      sendMessage: () => keyturn.sendMessage({ message: content }),
      streamMessage: () => keyturn.streamMessage({ message: content }).result(),
    }[call](),
  );
  return {
    isTyped: error instanceof KeyturnError,
    isConnectionError: error instanceof ConnectionError,
    hasCause: error.cause !== undefined,
    ...error,
  };
}

/** A page that was loaded anew knows no token; the browser has the cookie. */
export async function cookie({ createClient }, { url, credentials, account }) {
  const options = url === undefined ? {} : { baseUrl: url };
  const first = createClient({ ...options, credentials });
  const { user } = await first.auth.signUp(account);
  const reloaded = createClient({ ...options, credentials });
  const me = await reloaded.auth.me();
  const { content } = await reloaded.chatOnce(HELLO);
  const streamed = await reloaded.chatStream(HELLO).result();
  await createClient({ ...options, credentials }).auth.refresh();
  await createClient({ ...options, credentials }).auth.signOut();
  return {
    isMe: me.id === user.id,
    content,
    streamed: streamed.content,
    refusedAfter: await codeOf(reloaded.auth.me()),
  };
}

async function thrownBy(call) {
  try {
    await call;
  } catch (error) {
    return error;
  }
  return undefined;
}

async function codeOf(call) {
  return (await thrownBy(call))?.code;
}

import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connectionOf } from './connections.mjs';

/** The folder of Keyturn; by default the one that `npm run assemble` makes. */
const APP_DIRECTORY = resolve(import.meta.dirname, process.env.APP_DIRECTORY || 'app');

/** Opened at the container's first event and kept for later ones; a failed attempt is repeated. */
let opening;

async function door() {
  opening ??= open().catch((error) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

async function open() {
  const { LambdaDoor } = await import(pathToFileURL(join(APP_DIRECTORY, 'dist', 'lambda.js')));
  return LambdaDoor.open(APP_DIRECTORY);
}

export async function authorize(event) {
  return (await door()).authorize(event);
}

export async function socket(event, context) {
  const { routeKey } = event.requestContext;
  if (routeKey === '$disconnect') return { statusCode: 200 };
  // The handshake opens the door too, so that it is ready for the first message.
  const opened = await door();
  if (routeKey === '$connect') return opened.connect(event);
  await opened.answer(event, connectionOf(event.requestContext), context.getRemainingTimeInMillis());
  return { statusCode: 200 };
}

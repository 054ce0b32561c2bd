import { checkClock } from './clock-check';
import { explainConnection } from './connection-faults';
import { configuration, failed, type Finding, ok } from './finding';
import { probe, type TimeLimits } from './probe';
import { type Health, readHealth } from './running-server';
import { explainServerError } from './server-faults';
import { checkStream } from './stream-check';

const SET_BY = '--url';

/** Looks at a running server from outside, through every proxy that its users come through. */
export async function* checkServer(
  url: string,
  token: string | undefined,
  { answerMs, replyMs }: TimeLimits,
): AsyncGenerator<Finding> {
  const { host } = new URL(url);
  let health: Health | undefined;
  try {
    const { status, body, clockAheadMs } = await probe({ url: `${url}/health` }, answerMs);
    health = readHealth(body);
    if (health === undefined) {
      yield failed('server', explainServerError(status, body));
      return;
    }
    yield ok('server', `${host} answers`);
    yield checkClock([clockAheadMs], 'the server’s');
  } catch (error) {
    yield failed('server', explainConnection(error, { host, setBy: SET_BY }));
    return;
  }
  yield checkServersDatabase(health);
  yield checkUpstream(health);
  if (health.upstream !== 'not_configured') {
    yield await checkStream({ url, upstream: health.upstream, token, setBy: SET_BY }, replyMs);
  }
}

function checkServersDatabase({ database }: Health): Finding {
  if (database === 'connected') return ok('database', 'the server reaches it');
  return failed('database', configuration('the server does not reach it: run the doctor on its machine.'));
}

function checkUpstream({ upstream }: Health): Finding {
  switch (upstream) {
    case 'not_configured':
      return failed('model', configuration('the server has no provider: set OPENAI_API_KEY there.'));
    case 'simulator':
      return ok('model', 'the simulator answers, no real model');
    default:
      return ok('model', `${upstream} answers; the doctor on the server’s machine checks its key`);
  }
}

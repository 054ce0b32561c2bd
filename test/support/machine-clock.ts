/** What makes up another day for a program under Debian's `faketime`. */
const VARIABLES = ['LD_PRELOAD', 'FAKETIME', 'FAKETIME_SHARED', 'FAKETIME_DONT_FAKE_MONOTONIC'];

/** For a program of ours that is given an environment of its own: it is to be on the same day as the tests. */
export const FAKETIME: NodeJS.ProcessEnv = Object.fromEntries(
  VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
);

/** Postgres's own timers never run out under `faketime`: `lock_timeout` and its like. */
export const hasPostgresTimers = FAKETIME.FAKETIME === undefined;

/** For another's program that does not run under `faketime`. It stays on the machine's own day. */
export function environmentWithoutFaketime(): Record<string, string> {
  const others = Object.entries(process.env).filter(([name]) => !VARIABLES.includes(name));
  return Object.fromEntries(others) as Record<string, string>;
}

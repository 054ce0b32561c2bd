/** The variables by which Debian's `faketime` shows a program another day. */
const VARIABLES = ['LD_PRELOAD', 'FAKETIME', 'FAKETIME_SHARED', 'FAKETIME_DONT_FAKE_MONOTONIC'];

/** For a Keyturn process with an environment of its own: it must be on the same day as the tests. */
export const FAKETIME: NodeJS.ProcessEnv = Object.fromEntries(
  VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
);

/** Postgres's own timers never run out under `faketime`: `lock_timeout` and its like. */
export const hasPostgresTimers = FAKETIME.FAKETIME === undefined;

/** For a foreign program that does not run under `faketime`: it stays on the machine's own day. */
export function environmentWithoutFaketime(): Record<string, string> {
  const others = Object.entries(process.env).filter(([name]) => !VARIABLES.includes(name));
  return Object.fromEntries(others) as Record<string, string>;
}

import { configuration, failed, type Finding, ok, skipped } from './finding';

const MOST_OFF_MS = 60_000;

/** @param aheadMs how far other clocks are ahead of ours; the first known one counts */
export function checkClock(aheadMs: readonly (number | undefined)[], other = 'the provider’s'): Finding {
  const ahead = aheadMs.find((ms) => ms !== undefined);
  if (ahead === undefined) return skipped('clock', 'nobody answered to compare it with');
  if (Math.abs(ahead) <= MOST_OFF_MS) return ok('clock', `agrees with ${other}`);
  const seconds = Math.round(Math.abs(ahead) / 1000);
  return failed(
    'clock',
    configuration(
      `this machine’s clock is ${seconds} s ${ahead > 0 ? 'behind' : 'ahead of'} ${other}: set it, and let NTP keep it.`,
    ),
  );
}

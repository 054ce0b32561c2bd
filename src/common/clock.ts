import { Injectable } from '@nestjs/common';

/**
 * What time it is, for all of the app; nothing else in src/ asks the machine, and ESLint sees to it. Durations go by
 * `performance.now()`. What is stored, and judged by all instances, goes by the database's clock instead:
 * docs/decisions/0015-one-clock.md.
 */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}

/** The one of this process, for Nest to inject and for functions that nothing is injected into. */
export const clock = new Clock();

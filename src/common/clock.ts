import { Injectable } from '@nestjs/common';

/** The process's one clock. Leases and windows that replicas share go by the database's instead. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}

import { Injectable } from '@nestjs/common';

/** Whether this process still takes new work. Set once, on the way down. */
@Injectable()
export class Lifecycle {
  private closing = false;

  get isShuttingDown(): boolean {
    return this.closing;
  }

  beginShutdown(): void {
    this.closing = true;
  }
}

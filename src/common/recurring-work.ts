/** What is done again and again while the app runs. A round that hangs is not joined by the next; one that fails is told. */
export class RecurringWork {
  private timer: NodeJS.Timeout | undefined;
  private isAtWork = false;

  constructor(
    private readonly intervalMs: number,
    private readonly work: () => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Settles after the first round, which begins now. */
  async start(): Promise<void> {
    this.timer = setInterval(() => void this.round(), this.intervalMs);
    await this.round();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async round(): Promise<void> {
    if (this.isAtWork) return;
    this.isAtWork = true;
    try {
      await this.work();
    } catch (error) {
      this.onFailure(error);
    } finally {
      this.isAtWork = false;
    }
  }
}

/** Simulated time. */
export class Clock {
  private readonly timers = new Set<NodeJS.Timeout>();
  private isStopped = false;

  /** @param speed how many simulated seconds pass in a real one; Infinity: waiting takes no time */
  constructor(public speed: number) {}

  get isInstant(): boolean {
    return this.speed === Number.POSITIVE_INFINITY;
  }

  wait(ms: number): Promise<void> {
    return new Promise(done => this.later(ms, done));
  }

  /** Calls back after simulated milliseconds, unless the clock is stopped before. */
  later(ms: number, act: () => void): void {
    if (this.isInstant) {
      setImmediate(() => this.isStopped || act());
      return;
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms / this.speed);
    this.timers.add(timer);
  }

  /** The same for a limit on something else: where waiting takes no time, it is never reached. */
  limit(ms: number, act: () => void): void {
    if (!this.isInstant) this.later(ms, act);
  }

  /** Real milliseconds that simulated ones take. */
  real(ms: number): number {
    return ms / this.speed;
  }

  /** Nothing that was waited for happens any more. */
  stop(): void {
    this.isStopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}

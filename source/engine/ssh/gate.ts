/** Lets at most `width` through at once; the others wait in order. */
export class Gate {
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private width: number) {}

  get inside(): number {
    return this.#inside;
  }

  /** Waits for a place. @returns what gives it back, to be called once */
  async enter(): Promise<() => void> {
    if (this.#inside < this.width) this.#inside++;
    else await new Promise<void>(go => this.#waiting.push(go));
    return () => {
      const next = this.#inside <= this.width ? this.#waiting.shift() : undefined;
      if (next) next();
      else this.#inside--;
    };
  }

  async through<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** From now on fewer at once. */
  narrow(width: number): void {
    this.width = Math.max(1, Math.min(this.width, width));
  }
}

/** Sleep until something happens, or for a while. What rings while nobody sleeps is not lost. */
export class Alarm {
  #isRinging = false;
  #wake: (() => void) | undefined;

  /** Wake whoever sleeps, or the next to lie down. */
  readonly ring = (): void => {
    this.#isRinging = true;
    this.#wake?.();
  };

  /** @param forMs how long at the most; whoever looks at a clock to know it looks again every minute */
  async sleep(forMs: number): Promise<void> {
    if (!this.#isRinging && forMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, Math.min(forMs, LONGEST_MS));
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#isRinging = false;
  }
}

/** A clock may be set back, and then the tick, too, waits until it shows the same again (TRUST F23). */
const LONGEST_MS = 60_000;

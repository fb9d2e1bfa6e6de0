/** Sleep until something happens, or until a moment. What rings while nobody sleeps is not lost. */
export class Alarm {
  #isRinging = false;
  #wake: (() => void) | undefined;

  /** Wake whoever sleeps, or the next to lie down. */
  readonly ring = (): void => {
    this.#isRinging = true;
    this.#wake?.();
  };

  /** @param forMs how long at the most; for ever if it is infinite */
  async sleep(forMs: number): Promise<void> {
    if (!this.#isRinging && forMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      // A longer wait than a timer can hold ends early, and begins again.
      const timer = forMs === Infinity ? undefined : setTimeout(resolve, Math.min(forMs, DAY_MS));
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#isRinging = false;
  }
}

const DAY_MS = 86_400_000;

/** How many words that prove nothing are still read: each of them costs what an honest one does. */
export class Patience {
  #left: number;

  /** @param vain so many in vain, and no more */
  constructor(vain: number) {
    this.#left = vain;
  }

  get isOver(): boolean {
    return this.#left <= 0;
  }

  lose(): void {
    this.#left -= 1;
  }

  /** They have proved something after all. */
  regain(words: number): void {
    this.#left += words;
  }
}

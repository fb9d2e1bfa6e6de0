/**
 * Mail goes beside everything else that the daemon does: a mail server that hangs holds nothing up. One
 * round at a time; what is wanted meanwhile makes another one.
 */
import type { Config } from "../config.ts";
import { mailNow } from "../daemon.ts";
import type { Ledger } from "../ledger/connect.ts";
import type { Log } from "../log.ts";
import { isMailDue } from "../notices/round.ts";

export interface Mailing {
  readonly ledger: Ledger;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: () => number;
  /** Fires when packetboat is asked to end. */
  readonly stop: AbortSignal;
}

export class MailRounds implements AsyncDisposable {
  readonly #mailing: Mailing;
  /** Called when a round has ended after which another one is wanted, or that failed. */
  readonly #ring: () => void;
  readonly #ending = new AbortController();
  #underWay: Promise<void> | undefined;
  #isWanted = false;
  #bug: { readonly error: unknown } | undefined;

  constructor(mailing: Mailing, ring: () => void) {
    this.#mailing = mailing;
    this.#ring = ring;
  }

  /** An exchange was made: people may have to hear of something. */
  want(): void {
    this.#isWanted = true;
  }

  /**
   * Begin a round if one is wanted or due, and none is under way.
   *
   * @throws whatever ended an earlier round: a bug
   */
  async look(config: Config): Promise<void> {
    if (this.#bug) throw this.#bug.error;
    if (this.#underWay) return;
    const { ledger, now } = this.#mailing;
    if (!this.#isWanted && !(await isMailDue(ledger, config, now()))) return;
    this.#isWanted = false;
    this.#underWay = this.#round(config);
  }

  async #round(config: Config): Promise<void> {
    const stop = AbortSignal.any([this.#mailing.stop, this.#ending.signal]);
    try {
      await mailNow({ ...this.#mailing, config, stop });
    } catch (error) {
      this.#bug = { error };
    } finally {
      this.#underWay = undefined;
      if (this.#isWanted || this.#bug) this.#ring();
    }
  }

  /** What is under way is cut, and goes at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#underWay;
  }
}

/** A process of districts, as it is asked from outside. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { TownCalls } from "./town.ts";

const TOWN = fileURLToPath(new URL("town.ts", import.meta.url));

interface Answered {
  readonly id: number;
  readonly answer: never;
}

export class Town implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<never>>();
  #asked = 0;

  constructor() {
    this.#child = fork(TOWN, { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#child.on("message", ({ id, answer }: Answered) => this.#waiting.get(id)?.resolve(answer));
    this.#child.on("exit", (code, signal) => {
      const error = new Error(`a town has ended with ${code ?? signal}`);
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws Error if the process ends before it has answered */
  async ask<Call extends keyof TownCalls>(
    call: Call,
    ...about: Parameters<TownCalls[Call]>
  ): Promise<Awaited<ReturnType<TownCalls[Call]>>> {
    const id = ++this.#asked;
    const waiting = Promise.withResolvers<never>();
    this.#waiting.set(id, waiting);
    this.#child.send({ id, call, about: about[0] });
    try {
      return await waiting.promise;
    } finally {
      this.#waiting.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    // It ends when nobody is there to ask.
    this.#child.disconnect();
    await ended;
  }
}

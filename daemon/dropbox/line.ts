/**
 * One line to a server. When it is lost, the SFTP library leaves whatever was asked without an answer,
 * for ever; so every question is asked through here, and ends when the line does.
 */
import type { Socket } from "node:net";
import { PacketboatError } from "../errors.ts";

export type Answer<T> = (error: unknown, value?: T) => void;

export class Line {
  readonly #place: string;
  readonly #idleMs: number;
  readonly #hangUp: () => void;
  readonly #asking: () => void;
  readonly #unanswered = new Set<(reason: PacketboatError) => void>();
  #loss: PacketboatError | undefined;
  #patience: NodeJS.Timeout | undefined;

  /**
   * @param place where it leads, for people
   * @param idleMs how long the other end may stay silent while a question is open
   * @param hangUp cuts the connection, at once
   * @param asking is told before anything is asked
   */
  constructor(
    place: string,
    idleMs: number,
    hangUp: () => void,
    asking: () => void = () => undefined,
  ) {
    this.#asking = asking;
    this.#place = place;
    this.#idleMs = idleMs;
    this.#hangUp = hangUp;
  }

  /**
   * Ask one question. Failures the server answers with are passed on as they are.
   *
   * @param isTimed whoever asks has set a deadline of his own, and silence is no matter before that
   * @throws PacketboatError the reason why the line was lost, before or meanwhile: BOX_UNREACHABLE,
   *   BOX_TIMEOUT and so on.
   */
  async ask<T>(question: (answer: Answer<T>) => void, isTimed = false): Promise<T> {
    if (this.#loss !== undefined) throw this.#loss;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#unanswered.add(reject);
    if (!isTimed) this.#patience ??= setTimeout(() => this.#tooSilent(), this.#idleMs);
    this.#asking();
    try {
      question((error, value) => {
        this.#patience?.refresh();
        if (error) reject(error);
        else resolve(value as T);
      });
      return await promise;
    } finally {
      this.#unanswered.delete(reject);
      if (this.#unanswered.size === 0) this.#stopWaiting();
    }
  }

  /** Give the line up: every open question ends with this reason, and every later one. The first reason stays. */
  lose(reason: PacketboatError): void {
    if (this.#loss !== undefined) return;
    this.#loss = reason;
    this.#stopWaiting();
    this.#hangUp();
    for (const reject of this.#unanswered) reject(reason);
  }

  /** Do something that must end in time; if it does not, the line is given up. */
  async within<T>(limitMs: number, doing: string, work: () => Promise<T>): Promise<T> {
    return await this.#endingIn(limitMs, { limitMs, doing }, work);
  }

  /**
   * The same for what comes piece by piece; only the time in which a piece is waited for counts. Each piece earns
   * time for those that follow, so that a few that drip in do not take as long as very many.
   */
  async *eachWithin<T>(
    allowed: {
      readonly graceMs: number;
      readonly earnedMs: (piece: T) => number;
      readonly totalMs: number;
    },
    doing: string,
    pieces: AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const coming = pieces[Symbol.asyncIterator]();
    let limitMs = allowed.graceMs;
    let waitedMs = 0;
    try {
      for (;;) {
        const began = performance.now();
        const leftMs = limitMs - waitedMs;
        const next = await this.#endingIn(leftMs, { limitMs, doing }, () => coming.next());
        waitedMs += performance.now() - began;
        if (next.done) return;
        yield next.value;
        limitMs = Math.min(allowed.totalMs, limitMs + allowed.earnedMs(next.value));
      }
    } finally {
      await coming.return?.();
    }
  }

  async #endingIn<T>(
    leftMs: number,
    { limitMs, doing }: { limitMs: number; doing: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const timer = setTimeout(
      () => {
        this.lose(
          this.#late(`${doing} took longer than ${Math.round(limitMs / 100) / 10} s`, limitMs),
        );
      },
      Math.max(leftMs, 0),
    );
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }

  #tooSilent(): void {
    this.lose(this.#late(`no answer for ${this.#idleMs / 1000} s`, this.#idleMs));
  }

  #late(how: string, limitMs: number): PacketboatError {
    return new PacketboatError("BOX_TIMEOUT", `${this.#place}: ${how}`, { facts: { limitMs } });
  }

  #stopWaiting(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }
}

/**
 * The SSH library writes each of its packets in three, and each time the server is woken. What is asked in one turn
 * of the event loop leaves together.
 *
 * @returns to be called before anything is asked
 */
export function corking(socket: Socket): () => void {
  let isCorked = false;
  return () => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    setImmediate(() => {
      isCorked = false;
      socket.uncork();
    });
  };
}

/** More than all that we have under way at once: eight uploads, sixteen chunks of each. */
const MOST_UNTAKEN_BYTES = 8 * 1024 * 1024;

/**
 * The SSH library answers whatever a server asks beside the session. One that goes on asking and takes no answer off
 * the line would fill our memory.
 *
 * @param tooMuch is told whenever it is so
 */
export function watchUntaken(socket: Socket, tooMuch: () => void): void {
  socket.on("data", () => {
    if (socket.writableLength > MOST_UNTAKEN_BYTES) tooMuch();
  });
}

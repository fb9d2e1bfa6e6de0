/**
 * A TCP line through which a test reaches a server, and which it can spoil: cut, silenced, slow. It knows
 * nothing of what it carries, and listens at one port from its start to its end, whatever happens to its
 * connections.
 */
import { once } from "node:events";
import { type Socket, connect, createServer } from "node:net";

export type Way = "toServer" | "toClient";

/**
 * What happens to one connection: `cut` resets it on both sides; `silence` swallows everything from then
 * on; `swallow` only what goes one way; `halfOpen` ends it for the server, and the client is told nothing.
 */
export type Harm = "cut" | "silence" | "swallow" | "halfOpen";

export interface Trouble {
  readonly harm: Harm;
  /** Without it, bytes of both ways count, and `swallow` swallows both. */
  readonly way?: Way;
  /** It comes when so many more have passed, on whatever connection; not one more passes before it. */
  readonly afterBytes?: number;
  /** It comes as soon as this holds; asked whenever bytes are about to pass. */
  readonly when?: () => boolean;
  /** How often it comes; once, if that is not said. `Infinity`: whenever `when` holds. */
  readonly times?: number;
}

/** How long each byte takes (ms), and how many pass in a second. */
export interface Pace {
  readonly latencyMs?: number;
  readonly bytesPerSecond?: number;
}

/** What a line has done since its start. */
export interface Done {
  readonly accepted: number;
  readonly refused: number;
  /** Connections that were cut by hand, and troubles that came by themselves. */
  readonly harmed: Readonly<Record<Harm, number>>;
  /** Bytes that arrived at the other side. */
  readonly passed: Readonly<Record<Way, number>>;
}

export interface RoughLine extends AsyncDisposable {
  readonly port: number;
  /** Connections open now. */
  readonly open: number;
  readonly done: Done;
  /** Break every connection, without a word. */
  cut(): void;
  /** Swallow everything from now on, or what goes one way, on every connection until `mend`. */
  silence(way?: Way): void;
  /** One trouble to come; several may wait. */
  spoil(trouble: Trouble): void;
  /** Cut the connection in use whenever so many bytes have passed; the number is asked for anew each time. */
  cutEvery(bytes: () => number, most?: number): void;
  /** Make one way slow, or both, from now on; after `forMs` it is as quick as before. */
  slow(pace: Pace & { readonly way?: Way; readonly forMs?: number }): void;
  /** Hang up on whoever calls, after these words if there are any, until `mend`. */
  refuse(words?: string): void;
  /** No trouble waits any more, nothing is slow, silent or refused. What was lost stays lost. */
  mend(): void;
}

/** @param port of the server on this machine */
export async function roughLine(port: number, host = "127.0.0.1"): Promise<RoughLine> {
  const line = new Line({ port, host });
  await line.listen();
  return line;
}

const WAYS = ["toServer", "toClient"] as const;
/** More is not read before something has left. */
const MOST_UNDER_WAY = 1024 * 1024;

interface WaitingTrouble {
  readonly trouble: Trouble;
  bytesLeft: number;
  timesLeft: number;
}

class Line implements RoughLine {
  readonly done = {
    accepted: 0,
    refused: 0,
    harmed: { cut: 0, silence: 0, swallow: 0, halfOpen: 0 },
    passed: { toServer: 0, toClient: 0 },
  };
  readonly #server: { port: number; host: string };
  readonly #listener = createServer({ noDelay: true }, (near) => this.#take(near));
  readonly #connections = new Set<Connection>();
  #troubles: WaitingTrouble[] = [];
  #silent = new Set<Way>();
  #paces: Record<Way, Required<Pace>> = { toServer: AT_ONCE, toClient: AT_ONCE };
  #soonQuick: NodeJS.Timeout | undefined;
  #refusing: string | null = null;

  constructor(server: { port: number; host: string }) {
    this.#server = server;
  }

  async listen(): Promise<void> {
    this.#listener.listen(0, "127.0.0.1");
    await once(this.#listener, "listening");
  }

  get port(): number {
    const address = this.#listener.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get open(): number {
    return this.#connections.size;
  }

  cut(): void {
    for (const connection of this.#connections) {
      this.done.harmed.cut++;
      connection.suffer("cut", WAYS);
    }
  }

  silence(way?: Way): void {
    for (const each of waysOf(way)) this.#silent.add(each);
  }

  spoil(trouble: Trouble): void {
    const { afterBytes = 0, times = 1 } = trouble;
    this.#troubles.push({ trouble, bytesLeft: afterBytes, timesLeft: times });
  }

  cutEvery(bytes: () => number, most = Infinity): void {
    if (most < 1) return;
    const again = (): boolean => {
      this.cutEvery(bytes, most - 1);
      return true;
    };
    this.spoil({ harm: "cut", afterBytes: bytes(), when: again });
  }

  slow({ way, forMs, ...pace }: Pace & { way?: Way; forMs?: number }): void {
    for (const each of waysOf(way)) this.#paces[each] = { ...AT_ONCE, ...pace };
    clearTimeout(this.#soonQuick);
    if (forMs !== undefined) this.#soonQuick = setTimeout(() => this.#beQuick(), forMs);
  }

  refuse(words = ""): void {
    this.#refusing = words;
  }

  mend(): void {
    this.#troubles = [];
    this.#silent.clear();
    this.#refusing = null;
    this.#beQuick();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.mend();
    const closed = once(this.#listener, "close");
    this.#listener.close();
    this.cut();
    await closed;
  }

  paceOf(way: Way): Required<Pace> {
    return this.#paces[way];
  }

  isSilent(way: Way): boolean {
    return this.#silent.has(way);
  }

  /** The trouble that comes to so many bytes, and how many of them pass before it. */
  troubleFor(way: Way, bytes: number): { trouble: Trouble; passes: number } | null {
    for (const waiting of this.#troubles) {
      const { trouble } = waiting;
      if (trouble.way !== undefined && trouble.way !== way) continue;
      if (waiting.bytesLeft >= bytes && waiting.bytesLeft > 0) {
        waiting.bytesLeft -= bytes;
        continue;
      }
      if (trouble.when && !trouble.when()) continue;
      if (--waiting.timesLeft <= 0) this.#troubles.splice(this.#troubles.indexOf(waiting), 1);
      this.done.harmed[trouble.harm]++;
      return { trouble, passes: waiting.bytesLeft };
    }
    return null;
  }

  leave(connection: Connection): void {
    this.#connections.delete(connection);
  }

  #beQuick(): void {
    clearTimeout(this.#soonQuick);
    this.#paces = { toServer: AT_ONCE, toClient: AT_ONCE };
  }

  #take(near: Socket): void {
    if (this.#refusing !== null) {
      this.done.refused++;
      near.on("error", () => undefined);
      near.write(this.#refusing);
      near.destroySoon();
      return;
    }
    this.done.accepted++;
    const far = connect({ ...this.#server, noDelay: true });
    this.#connections.add(new Connection(this, near, far));
  }
}

const AT_ONCE = { latencyMs: 0, bytesPerSecond: Infinity };
const waysOf = (way?: Way): readonly Way[] => (way === undefined ? WAYS : [way]);

/** One caller, and the server it reaches. */
class Connection {
  readonly #line: Line;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #pipes: readonly Pipe[];
  readonly #swallowed = new Set<Way>();
  #isHalfOpen = false;

  constructor(line: Line, near: Socket, far: Socket) {
    this.#line = line;
    this.#near = near;
    this.#far = far;
    const toServer = this.#pipe("toServer", near, far);
    const toClient = this.#pipe("toClient", far, near);
    this.#pipes = [toServer, toClient];
    near.on("close", () => this.#ended(toServer, far));
    far.on("close", () => {
      if (!this.#isHalfOpen) this.#ended(toClient, near);
    });
  }

  suffer(harm: Harm, ways: readonly Way[]): void {
    if (harm === "swallow" || harm === "silence") {
      for (const way of harm === "swallow" ? ways : WAYS) this.#swallowed.add(way);
      return;
    }
    for (const pipe of this.#pipes) pipe.stop();
    this.#isHalfOpen = harm === "halfOpen";
    this.#far.resetAndDestroy();
    if (harm === "cut") this.#near.resetAndDestroy();
  }

  #pipe(way: Way, from: Socket, to: Socket): Pipe {
    const pipe = new Pipe(from, to, this.#line.paceOf.bind(this.#line, way), (bytes) => {
      this.#line.done.passed[way] += bytes;
    });
    from.on("data", (bytes: Buffer) => {
      if (this.#isHalfOpen || this.#swallowed.has(way) || this.#line.isSilent(way)) return;
      const coming = this.#line.troubleFor(way, bytes.length);
      if (coming === null) return pipe.carry(bytes);
      const { trouble, passes } = coming;
      pipe.carry(bytes.subarray(0, passes), () => this.suffer(trouble.harm, waysOf(trouble.way)));
      // Silence begins at this byte, whenever those before it arrive.
      if (trouble.harm === "swallow" || trouble.harm === "silence") this.#swallowed.add(way);
    });
    from.on("error", () => undefined);
    return pipe;
  }

  /** One side is gone: the other is told when it has all that was under way. */
  #ended(pipe: Pipe, other: Socket): void {
    pipe.carry(Buffer.alloc(0), () => other.destroySoon());
    if (this.#near.closed) this.#line.leave(this);
  }
}

/** One way of a connection: what goes in comes out in the same order, when its time has come. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #pace: () => Required<Pace>;
  readonly #arrived: (bytes: number) => void;
  readonly #underWay: { bytes: Buffer; at: number; after?: (() => void) | undefined }[] = [];
  #bytesUnderWay = 0;
  #leftAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    from: Socket,
    to: Socket,
    pace: () => Required<Pace>,
    arrived: (bytes: number) => void,
  ) {
    this.#from = from;
    this.#to = to;
    this.#pace = pace;
    this.#arrived = arrived;
  }

  /** @param after is done when the bytes have arrived */
  carry(bytes: Buffer, after?: () => void): void {
    const { latencyMs, bytesPerSecond } = this.#pace();
    const now = performance.now();
    this.#leftAt = Math.max(this.#leftAt, now) + (bytes.length / bytesPerSecond) * 1000;
    this.#underWay.push({ bytes, at: this.#leftAt + latencyMs, after });
    this.#bytesUnderWay += bytes.length;
    if (this.#bytesUnderWay > MOST_UNDER_WAY) this.#from.pause();
    this.#deliver();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#underWay.length = 0;
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    for (let first = this.#underWay[0]; first !== undefined; first = this.#underWay[0]) {
      const waitMs = first.at - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#deliver(), waitMs);
        return;
      }
      this.#underWay.shift();
      this.#give(first);
    }
  }

  #give({ bytes, after }: { bytes: Buffer; after?: (() => void) | undefined }): void {
    this.#bytesUnderWay -= bytes.length;
    if (bytes.length === 0) return after?.();
    this.#arrived(bytes.length);
    const isTaken = this.#to.write(bytes, () => after?.());
    if (isTaken && this.#bytesUnderWay <= MOST_UNDER_WAY) this.#from.resume();
    if (isTaken) return;
    this.#from.pause();
    this.#to.once("drain", () => this.#from.resume());
  }
}

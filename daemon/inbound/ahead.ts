/**
 * While one packet is worked on, the next ones come over the line: a packet of one message is worked on in less time
 * than a distant server needs to answer. What fails so is no failure yet: it is fetched again in its turn.
 */
import type { PacketInRow } from "../ledger/tables.ts";

/** So many packets at most are here before their turn, and together so large. */
const MOST_AHEAD = { packets: 32, bytes: 4_000_000 } as const;

export class Ahead<Fetched> implements AsyncDisposable {
  readonly #fetch: (claimed: PacketInRow) => Promise<Fetched>;
  /** In the order of their turns. */
  readonly #later: PacketInRow[];
  readonly #coming = new Map<
    string,
    { readonly size: number; readonly fetched: Promise<Fetched | null> }
  >();

  /**
   * @param waiting in the order of their turns; none at which the server failed before, or it would cut the line under
   *   all the others
   * @param fetch a packet, or what is there of it already
   */
  constructor(waiting: readonly PacketInRow[], fetch: (claimed: PacketInRow) => Promise<Fetched>) {
    this.#later = [...waiting];
    this.#fetch = fetch;
  }

  /**
   * To be called when it is a packet's turn: nothing of it, nor of those before it, is under way after that.
   *
   * @returns what came of it; `null` if nothing did
   */
  async turnOf({ claim_id: id }: PacketInRow): Promise<Fetched | null> {
    const place = this.#later.findIndex((each) => each.claim_id === id);
    this.#later.splice(0, place + 1);
    const coming = this.#coming.get(id);
    this.#coming.delete(id);
    this.#goOn();
    return (await coming?.fetched) ?? null;
  }

  #goOn(): void {
    for (let next = this.#later[0]; next && this.#hasRoom(next); next = this.#later[0]) {
      this.#later.shift();
      const fetched = this.#fetch(next).catch(() => null);
      this.#coming.set(next.claim_id, { size: next.size, fetched });
    }
  }

  #hasRoom({ size }: PacketInRow): boolean {
    const coming = [...this.#coming.values()];
    const bytes = coming.reduce((sum, each) => sum + each.size, size);
    return coming.length < MOST_AHEAD.packets && bytes <= MOST_AHEAD.bytes;
  }

  /** Nothing is under way any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#later.length = 0;
    await Promise.all([...this.#coming.values()].map(({ fetched }) => fetched));
  }
}

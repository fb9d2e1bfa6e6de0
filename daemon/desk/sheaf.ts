/** Documents that go their way side by side, and what becomes of each: one that fails stops none of the others. */
import { isRefusal } from "../errors.ts";
import type { DocumentRow } from "../ledger/tables.ts";
import { sideBySide } from "../side-by-side.ts";
import { named, type TakenDocument } from "./taken.ts";

/** A document on its way, with what is known of it so far. */
export interface Item {
  readonly row: DocumentRow;
}

/** What a step makes of a document: it goes on, it has come to its end, or it was not there. */
type Made<Next> = Next | TakenDocument | null;

export class Sheaf {
  readonly #rows: readonly DocumentRow[];
  readonly #ended = new Map<string, TakenDocument>();

  constructor(rows: readonly DocumentRow[]) {
    this.#rows = rows;
  }

  /**
   * A step of all that are still on their way, one after the other; one that is refused is left for the next call.
   *
   * @returns those that go on
   */
  async each<From extends Item, Next extends Item>(
    items: readonly From[],
    step: (item: From) => Promise<Made<Next>>,
  ): Promise<Next[]> {
    return this.#all(items, step, 1);
  }

  /** The same for a step that minds no order, several at a time. */
  async eachAtOnce<From extends Item, Next extends Item>(
    items: readonly From[],
    step: (item: From) => Promise<Made<Next>>,
  ): Promise<Next[]> {
    return this.#all(items, step);
  }

  /** Those that have come to an end, in their order. */
  taken(): TakenDocument[] {
    return this.#rows.flatMap(({ document_id: id }) => this.#ended.get(id) ?? []);
  }

  async #all<From extends Item, Next extends Item>(
    items: readonly From[],
    step: (item: From) => Promise<Made<Next>>,
    atOnce?: number,
  ): Promise<Next[]> {
    const tried = async (item: From): Promise<Next | null> => {
      try {
        return this.#goesOn(item, await step(item));
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return this.#goesOn<Next>(item, { ...named(item.row), outcome: "delayed", error });
      }
    };
    return (await sideBySide(items, tried, atOnce)).filter((next) => next !== null);
  }

  #goesOn<Next extends Item>({ row }: Item, made: Made<Next>): Next | null {
    if (made === null || !("outcome" in made)) return made;
    this.#ended.set(row.document_id, made);
    return null;
  }
}

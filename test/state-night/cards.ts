/** Cards that a home believes, as if their fingerprints had been compared by telephone. */
import { readFile } from "node:fs/promises";
import { readCard } from "../../daemon/directory/card.ts";
import { agencyOf, keyOf } from "../../daemon/directory/pin.ts";
import { addAgency } from "../../daemon/ledger/agencies.ts";
import { type District, REGISTRAR, withLedger } from "../homes.ts";

/** @param cards paths of the cards, added one after the other */
export const addCards = (
  home: Pick<District, "folder">,
  cards: readonly string[],
  at: Date,
): Promise<void> =>
  withLedger(home, async (ledger) => {
    for (const path of cards) {
      const signedCard = await readFile(path);
      const read = await readCard(signedCard, at);
      await addAgency(ledger, agencyOf(read, { signedCard, at, by: REGISTRAR }), keyOf(read));
    }
  });

/** What the parts of a home are built from. */
import type { Config } from "../config.ts";
import type { BoxAddress } from "../config/address.ts";
import type { Desk } from "../desk/enact.ts";
import type { Exchange } from "../exchange.ts";
import type { Partners } from "../directory/partners.ts";
import type { Inbound } from "../inbound/parts.ts";
import type { OurKeys } from "../keys/keyring.ts";
import type { Ledger } from "../ledger/connect.ts";
import type { Log } from "../log.ts";
import type { ShareLimits } from "../packet/shares.ts";

export interface HomeParts {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly now: () => Date;
}

export interface ExchangeParts extends HomeParts {
  readonly log: Log;
  /**
   * Let so many milliseconds pass: whoever exchanges once waits until what was just dropped has held
   * still. `null` for who comes again by itself and waits for nothing.
   */
  readonly pause: ((ms: number) => Promise<unknown>) | null;
}

/** The same, with what is read once for all parts of an exchange. */
export interface Building extends ExchangeParts {
  readonly desk: Desk;
  readonly address: BoxAddress;
  readonly ourKeys: OurKeys;
  readonly partners: Partners;
}

/** What a district and an entity do each in their own way. */
export type RoleParts = Pick<
  Exchange,
  "takeAll" | "reportImports" | "workCases" | "consult" | "relay" | "remind"
> &
  Pick<Inbound, "hear" | "untaken">;

export const MEGABYTE = 1024 * 1024;

/** What one sender may have waiting in a box, as the config says. */
export const perSenderIn = ({ perSender }: Config["limits"]): ShareLimits => ({
  files: perSender.waitingFiles,
  bytes: perSender.waitingMegabytes * MEGABYTE,
});

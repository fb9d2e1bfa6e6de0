/** What the rules of an entity may want done. Nothing of it shows anybody a record: that is a type. */
import type { AgencyId } from "../ids.ts";
import type {
  OpenTransfer,
  Outgoing,
  RaiseAlert,
  ResolveAlert,
  SetState,
} from "../transfer/effects.ts";

/** An entity says whom it asked, that it found nobody, or that nobody asks any more; never a record. */
export type EntitySays = Extract<
  Outgoing,
  {
    readonly kind: "SignedReferral" | "ForwardedRequest" | "TransferResponse" | "TransferStatus";
  }
>;

export type EntitySend = EntitySays & { readonly effect: "Send"; readonly to: AgencyId };

export type EntityEffect = OpenTransfer | SetState | EntitySend | RaiseAlert | ResolveAlert;

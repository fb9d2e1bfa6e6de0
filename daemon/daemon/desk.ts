/** The desk of a home: where people see what, and which rules hold. */
import { type Config, dropFolderPaths } from "../config.ts";
import { OFFICE, placeOf } from "../config/schools.ts";
import type { Desk, DeskFolders } from "../desk/enact.ts";
import { flagsFileOf, flagsReader } from "../desk/flags.ts";
import { noteFlagged, wasAnybodyFlagged } from "../ledger/settings.ts";
import { agencyPages } from "../desk/pages.ts";
import { PacketboatError } from "../errors.ts";
import type { Agency } from "../packet/model.gen.ts";
import type { TransferPolicy } from "../transfer/facts.ts";
import { unlawfulReasons } from "../transfer/reasons.ts";
import { type HomeParts, MEGABYTE } from "./parts.ts";

/** Room for a packet's header, for what stands around a message, and for the entity's referral in it. */
const ENVELOPE_BYTES = 8192;
/** How long a new request may be answered. */
const REQUEST_DAYS = 60;

/** All that a decision needs, and no server. */
export function deskOf({ config, ledger, now }: HomeParts): Desk {
  return {
    ledger,
    us: asAgency(config),
    processCode: config.mode === "test" ? "TEST" : "PRODUCTION",
    policy: policyOf(config),
    folders: foldersOf({ config, ledger, now }),
    messageBytes: config.limits.packetMegabytes * MEGABYTE - ENVELOPE_BYTES,
    flags: flagsReader(flagsFileOf(config), {
      namedAnybody: () => wasAnybodyFlagged(ledger),
      note: (students) => noteFlagged(ledger, students),
    }),
  };
}

function foldersOf(home: HomeParts): DeskFolders {
  const { config } = home;
  const pages = agencyPages(home);
  const folders = new Map(
    Object.entries(config.dropFolders).map(([name, dropFolder]) => [
      name,
      { name, ...dropFolderPaths(dropFolder), pages },
    ]),
  );
  return {
    all: [...folders.values()],
    of: (name) => {
      const found = folders.get(name ?? OFFICE) ?? folders.get(OFFICE);
      if (found) return found;
      throw new PacketboatError(
        "ROLE_DIFFERS",
        "an entity has no folders in which people see records",
      );
    },
    placeOf: ({ NewEnrollment, PreviousSchool }, side) =>
      placeOf(config, side === "requester" ? NewEnrollment : PreviousSchool),
  };
}

function asAgency({ agency }: Config): Desk["us"] {
  return {
    AgencyId: agency.id,
    ...(agency.stateNumber === undefined ? {} : { StateDistrictNumber: agency.stateNumber }),
    OrganizationName: agency.name,
    AddressCity: agency.city,
    StateAbbreviation: agency.state,
    AddressPostalCode: agency.zip,
    ...(agency.phone === undefined ? {} : { TelephoneNumber: agency.phone }),
  } satisfies Agency;
}

const policyOf = ({ agency, releases }: Config): TransferPolicy => ({
  holdBackMinutes: releases.holdBackMinutes,
  allowDeclaredUser: releases.allowDeclaredUser,
  annualNoticeCoversTransfers: releases.annualNoticeCoversTransfers,
  unlawfulReasons: unlawfulReasons(agency.state, releases.reasonsNotAllowed),
  requestDays: REQUEST_DAYS,
});

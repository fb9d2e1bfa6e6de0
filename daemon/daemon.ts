/** Builds the parts of a home from its config, and says which rules apply to it. */
import { readFile } from "node:fs/promises";
import { homePaths, serverOf } from "./config.ts";
import { parseBoxAddress, siblingBox } from "./config/address.ts";
import { purgeToday, report } from "./daemon/chores.ts";
import { deskOf } from "./daemon/desk.ts";
import { type Building, type ExchangeParts, MEGABYTE, perSenderIn } from "./daemon/parts.ts";
import { districtParts } from "./daemon/district.ts";
import { entityParts } from "./daemon/entity.ts";
import { QuarantineRoom } from "./desk/quarantine-room.ts";
import { Accounts } from "./directory/accounts.ts";
import { Partners } from "./directory/partners.ts";
import { connect } from "./dropbox/connect.ts";
import type { DropBox, Harbor } from "./dropbox/contract.ts";
import type { LastingHarbor } from "./dropbox/lasting.ts";
import type { Exchange } from "./exchange.ts";
import type { AgencyId } from "./ids.ts";
import { loadOurKeys } from "./keys/keyring.ts";
import { ourStream } from "./ledger/settings.ts";
import type { OutgoingKind } from "./ledger/tables.ts";

export { mailNow, purgingOf, report, reportingOf, reportsConfigOf } from "./daemon/chores.ts";
export { ownSchool, proofFor, rightFor } from "./daemon/deciding.ts";
export { deskOf } from "./daemon/desk.ts";
export type { ExchangeParts, HomeParts } from "./daemon/parts.ts";
export { isRegistryFile } from "./daemon/registry.ts";
export { caseLookOf } from "./daemon/taking.ts";

/** Others wait for the next exchange, which is soon: answers are to leave in between. */
const MOST_PACKETS = 20_000;
/** They leave at night; receipts and answers, in which nobody's records are, whenever there is an exchange. */
const NIGHTLY_KINDS: readonly OutgoingKind[] = [
  "TransferRequest",
  "SignedRequest",
  "TransferRelease",
];

/** All that an exchange needs. */
export async function exchangeOf(home: ExchangeParts): Promise<Exchange> {
  const { config, ledger, now, log } = home;
  const desk = deskOf(home);
  const server = serverOf(config);
  const address = parseBoxAddress(server.address);
  const ourKeys = await loadOurKeys(homePaths(config).keys);
  const partners = new Partners(ledger, { isTest: config.mode === "test", now });
  const stream = await ourStream(ledger);
  const building: Building = { ...home, desk, address, ourKeys, partners };
  const role = config.role === "entity" ? entityParts(building) : districtParts(building);
  return {
    ledger,
    desk,
    quarantine: homePaths(config).quarantine,
    now,
    log,
    ...role,
    connect: async () =>
      address.kind === "folder"
        ? connect(address)
        : connect(address, {
            privateKey: await readFile(server.identityFile),
            hostKeys: server.hostKeys ?? [],
          }),
    inbound: (harbor) => ({
      ...inboundOf(building, harbor),
      hear: role.hear,
      untaken: role.untaken,
    }),
    outbound: (harbor) => ({ ...outboundOf(building, harbor), stream }),
    purge: (stop) => purgeToday(building, stop),
    report: (run) => report(building, run),
  };
}

const boxOf = ({ config, address }: Building, harbor: Harbor, id: AgencyId): DropBox =>
  harbor.box(siblingBox(address.folder, id, config.mode === "test"));

function inboundOf(building: Building, harbor: LastingHarbor) {
  const { config, desk, ourKeys, partners, now, log } = building;
  const { staging, quarantine } = homePaths(config);
  const perSender = perSenderIn(config.limits);
  return {
    desk,
    ourKeys,
    partners,
    staging,
    quarantine,
    now,
    log,
    box: boxOf(building, harbor, config.agency.id),
    accounts: new Accounts(config.agency.id, (id) => boxOf(building, harbor, id).owner()),
    mend: harbor.mend,
    room: new QuarantineRoom(desk.ledger, quarantine, perSender),
    limits: {
      packetBytes: config.limits.packetMegabytes * MEGABYTE,
      attachmentBytes: config.limits.attachmentMegabytes * MEGABYTE,
      packets: MOST_PACKETS,
      perSender,
    },
  };
}

function outboundOf(building: Building, harbor: LastingHarbor) {
  const { config, desk, ourKeys, partners, now, log } = building;
  const { sealed } = homePaths(config);
  return {
    desk,
    ourKeys,
    partners,
    sealed,
    now,
    log,
    boxOf: (id: AgencyId) => boxOf(building, harbor, id),
    mend: harbor.mend,
    limits: {
      packetBytes: config.limits.packetMegabytes * MEGABYTE,
      messages: config.limits.messagesPerPacket,
    },
    heldForNight: config.exchanges.watch.sendOnArrival ? [] : NIGHTLY_KINDS,
    random: Math.random,
  };
}

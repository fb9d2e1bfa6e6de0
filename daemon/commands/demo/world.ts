/** States on one machine: an embedded SFTP server, and a home for each agency, as `init` makes it. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { editConfig, homePaths, readConfig } from "../../config.ts";
import { exchangeOf, mailNow } from "../../daemon.ts";
import { readCard } from "../../directory/card.ts";
import { peerAccount } from "../../directory/member.ts";
import { agencyOf, keyOf } from "../../directory/pin.ts";
import type { BoxServer } from "../../dropbox/server.ts";
import { exchange, type ExchangeResult } from "../../exchange.ts";
import { NEVER } from "../../exchange/parking.ts";
import type { AgencyId } from "../../ids.ts";
import { addAgency } from "../../ledger/agencies.ts";
import { openLedger, type Ledger } from "../../ledger/connect.ts";
import { openLog } from "../../log.ts";
import { makeHome, renewCard } from "../home/make.ts";

/** A clock, and what lets it go on. */
export interface Time {
  readonly now: () => Date;
  /** Let so many milliseconds pass. */
  readonly pause: (ms: number) => Promise<unknown>;
}

export interface District {
  readonly id: AgencyId;
  readonly name: string;
  readonly folder: string;
  readonly configPath: string;
  readonly card: string;
}

/** An entity's home, which is used as any other. */
export type Entity = District;

export interface NewDistrict {
  readonly id: AgencyId;
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  readonly timeZone: string;
  readonly phone: string;
}

/** Nobody waits in a demo, and the name in a file is enough. */
const HURRIED = [
  {
    at: ["dropFolders", "office", "ready"],
    value: { unchangedForSeconds: 1, decisionUnchangedForSeconds: 1 },
  },
  { at: ["releases", "holdBackMinutes"], value: 0 },
  { at: ["releases", "allowDeclaredUser"], value: true },
  { at: ["releases", "annualNoticeCoversTransfers"], value: true },
];

/** Who asks and releases in each district. */
export const REGISTRAR = "example.registrar";

const PEOPLE = `
people:
  - username: ${REGISTRAR}
    name: "Example Registrar"
    workPhone: "555-555-0100"
    email: registrar@district.example
    may: [request, release]
`;

/** Who approves at the entity. */
export const APPROVER = "example.approver";

const APPROVERS = `
people:
  - username: ${APPROVER}
    name: "Example Approver"
    workPhone: "555-555-0199"
    email: approver@state.example
    may: [approveDistricts, approveKeyChanges]
`;

/** What districts see as `/`. */
export const serverRoot = (folder: string): string => join(folder, "server");

/**
 * The home of an entity, which runs on the server itself.
 *
 * @param root what districts see as `/`, on this machine
 */
export async function settleEntity(
  server: BoxServer,
  folder: string,
  entity: NewDistrict & { readonly root: string },
  { now }: Time,
): Promise<Entity> {
  const { id, name, root } = entity;
  const made = await makeHome(
    {
      ...entity,
      agencyId: id,
      role: "entity",
      folder,
      publicAddress: `sftp://${server.host}:${server.port}`,
      hostKeys: [server.hostKey],
    },
    now(),
  );
  const text = await readFile(made.config, "utf8");
  const hurried = editConfig(text, [{ at: ["registry", "unchangedForSeconds"], value: 1 }]);
  await writeFile(made.config, hurried + APPROVERS);
  await renewCard(await readConfig(made.config), now());
  await server.admit({ name: `lea${id}`, agencyId: id, publicKeys: [] });
  await mkdir(join(root, "directory", "test"), { recursive: true });
  return { id, name, folder, configPath: made.config, card: made.card };
}

/** A home below `folder`, with an account and a box on the server. */
export async function settle(
  server: BoxServer,
  folder: string,
  district: NewDistrict,
  { now }: Time,
): Promise<District> {
  const { id, name } = district;
  const account = `lea${id}`;
  const made = await makeHome(
    {
      ...district,
      agencyId: id,
      role: "district",
      folder,
      dropBox: `sftp://${account}@${server.host}:${server.port}/boxes/${id}`,
      hostKeys: [server.hostKey],
    },
    now(),
  );
  const text = await readFile(made.config, "utf8");
  await writeFile(made.config, editConfig(text, HURRIED) + PEOPLE);
  await renewCard(await readConfig(made.config), now());
  await server.admit({
    name: account,
    agencyId: id,
    publicKeys: [await readFile(made.sshPublicKey, "utf8")],
  });
  return { id, name, folder, configPath: made.config, card: made.card };
}

/** Each trusts the other's card, as if its fingerprint had been compared by telephone. */
export async function introduce(one: District, other: District, { now }: Time): Promise<void> {
  await pin(one, other, now());
  await pin(other, one, now());
}

async function pin(home: District, partner: District, at: Date): Promise<void> {
  const signedCard = await readFile(partner.card);
  const read = await readCard(signedCard, at);
  await withLedger(home, (ledger) =>
    addAgency(ledger, agencyOf(read, { signedCard, at, by: REGISTRAR }), keyOf(read)),
  );
}

/** A district joins its entity, which takes it up: each knows the other's card. */
export async function enroll(entity: Entity, district: District, { now }: Time): Promise<void> {
  await pin(district, entity, now());
  await pin(entity, district, now());
}

/** An entity, and the server on which it runs. */
export interface Realm {
  readonly entity: Entity;
  readonly server: BoxServer;
}

/** Two entities become peers: each takes the other's card, and lets it log in to its server. */
export async function befriend(one: Realm, other: Realm, time: Time): Promise<void> {
  await welcome(one, other, time);
  await welcome(other, one, time);
}

async function welcome(
  { entity, server }: Realm,
  { entity: peer }: Realm,
  { now }: Time,
): Promise<void> {
  await pin(entity, peer, now());
  const { sshPublicKey } = homePaths({ home: peer.folder });
  await server.admit({
    name: peerAccount(peer.id),
    agencyId: peer.id,
    publicKeys: [await readFile(sshPublicKey, "utf8")],
    isPeer: true,
  });
}

/** Use a home's ledger, and close it. */
export async function withLedger<T>(
  { folder }: Pick<District, "folder">,
  use: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const ledger = await openLedger(homePaths({ home: folder }).ledger);
  try {
    return await use(ledger);
  } finally {
    await ledger.destroy();
  }
}

/** One exchange of a home, and the mail after it. */
export async function exchangeAt(district: District, time: Time): Promise<ExchangeResult> {
  const config = await readConfig(district.configPath);
  const log = openLog({ file: homePaths(config).log });
  try {
    return await withLedger(district, async (ledger) => {
      const done = await exchange(await exchangeOf({ config, ledger, log, ...time }));
      const { now } = time;
      await mailNow({ config, ledger, log, now, random: Math.random, stop: NEVER });
      return done;
    });
  } finally {
    await log.close();
  }
}

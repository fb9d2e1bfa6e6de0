/** The entities of other states: whether each is reached, what it lets us do, and how its directory stands. */
import { type EntityConfig, entityOf } from "../../config.ts";
import { placeOf, siblingBox } from "../../config/address.ts";
import { takesPart } from "../../directory/address.ts";
import { peersServerOf } from "../../directory/member.ts";
import { connect } from "../../dropbox/connect.ts";
import { isRefusal } from "../../errors.ts";
import { listPeers } from "../../ledger/agencies.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { lastDirectory } from "../../ledger/directories.ts";
import { ourProbe } from "../../ledger/settings.ts";
import type { CardRow } from "../../ledger/tables.ts";
import { type Checking, type Finding, ok, refused, warning } from "./finding.ts";
import { checkTimes } from "./published.ts";
import { checkIdentity } from "./server.ts";

/** A server that says nothing is told of soon, and not at the end of a minute. */
const DEADLINES = { connectMs: 10_000, idleMs: 10_000, totalMs: 60_000 };

export async function checkPeers({ config, ledger, now }: Checking): Promise<Finding[]> {
  if (config.role !== "entity" || !config.server || ledger === null || isRefusal(ledger)) return [];
  const entity = entityOf(config);
  const isTest = config.mode === "test";
  const peers = (await listPeers(ledger, entity.agency.id)).filter(({ status }) =>
    takesPart(status, isTest),
  );
  if (peers.length === 0) return [];
  const { privateKey, findings } = await checkIdentity(config, entity.server);
  const looking = { entity, ledger, now };
  const about = peers.map(async (peer) => [
    ...(privateKey ? [await checkServerOf(peer, looking, privateKey)].flat() : []),
    ...(await checkDirectoryOf(peer, looking)),
  ]);
  return [...findings, ...(await Promise.all(about)).flat()];
}

interface Looking {
  readonly entity: EntityConfig;
  readonly ledger: Ledger;
  readonly now: () => Date;
}

/** Our account there, and whether it can add to boxes: to its own, which is always there. */
async function checkServerOf(
  peer: CardRow,
  { entity, ledger, now }: Looking,
  privateKey: Buffer,
): Promise<Finding | Finding[]> {
  const { agency_id: id, name } = peer;
  const subject = `peer ${id}`;
  const us = entity.agency.id;
  try {
    const { address, hostKeys } = await peersServerOf(peer, us);
    const box = siblingBox(`/boxes/${us}`, id, entity.mode === "test");
    const login = { privateKey, hostKeys, deadlines: DEADLINES };
    await using harbor = await connect(address(box), login);
    await harbor.box(box).probe(`${us}-probe-${await ourProbe(ledger)}`, now);
    const place = placeOf(address(box));
    return ok(
      subject,
      `${name}: ${place} shows the host key that is pinned, lets us in, and takes files`,
    );
  } catch (error) {
    return refused(subject, error);
  }
}

async function checkDirectoryOf(
  { agency_id: id, name }: CardRow,
  { entity, ledger, now }: Looking,
): Promise<Finding[]> {
  const subject = `directory of ${id}`;
  const last = await lastDirectory(ledger, id);
  if (!last) {
    const hint =
      "It is read in each exchange (`packetboat exchange`), once its server lets us in and it has published one.";
    return [warning(subject, `${name}: none has been passed on yet`, hint)];
  }
  const hint = `Call ${name}: it has published no new one, or that one is refused (\`packetboat alerts list\`).`;
  const times = checkTimes(last, entity, { at: now(), hint });
  return times.map((finding) => ({ ...finding, subject }));
}

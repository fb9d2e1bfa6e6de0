/**
 * The server, one thing after the other as a connection meets them: its address, its host key, our login;
 * then what it lets us do. What could not be reached is not told of twice.
 */
import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import {
  assertSecret,
  type Config,
  entityOf,
  homePaths,
  parseBoxAddress,
  type Server,
} from "../../config.ts";
import { errnoOf } from "../../disk.ts";
import { connect } from "../../dropbox/connect.ts";
import type { Harbor } from "../../dropbox/contract.ts";
import { publicPartOf } from "../../dropbox/sftp.ts";
import { hostKeyFingerprint } from "../../dropbox/sshkeys.ts";
import type { SftpAddress } from "../../config/address.ts";
import { isRefusal, type PacketboatError } from "../../errors.ts";
import { joinedEntity } from "../../ledger/agencies.ts";
import type { CardRow } from "../../ledger/tables.ts";
import { checkBoxes } from "./boxes.ts";
import { closedServer } from "./entity.ts";
import { type Checking, type Finding, ok, refused, warning, wrong } from "./finding.ts";

const ADDRESS = "server.address";
const HOST_KEYS = "server.hostKeys";
const IDENTITY = "server.identityFile";

const NO_BOX =
  "Join your entity, and it stands in the config: `packetboat join CARD`. Without one, write server: there.";

export async function checkServer(checking: Checking): Promise<Finding[]> {
  const { config, ledger } = checking;
  const { server } = config;
  if (!server) {
    return [warning("server", "this home has no drop box yet", NO_BOX)];
  }
  const address = parseBoxAddress(server.address);
  if (address.kind === "folder") {
    const closed = config.role === "entity" ? await closedServer(entityOf(config)) : null;
    if (closed) return [closed];
    await using harbor = await connect(address);
    const boxes = await checkBoxes(checking, harbor, address.folder);
    const setting = config.role === "entity" ? "server.boxes" : ADDRESS;
    return [ok(setting, `${server.address}, on this machine`), ...boxes];
  }
  const identity = await checkIdentity(config, server);
  if (!identity.privateKey) return [...identity.findings];
  const reached = await reach(server, address, identity.privateKey, await entityIn(ledger));
  const { harbor } = reached;
  if (!harbor) return [...identity.findings, ...reached.findings];
  await using _ = harbor;
  const boxes = await checkBoxes(checking, harbor, address.folder);
  return [...identity.findings, ...reached.findings, ...boxes];
}

/** Our private SSH key; none if it is of no use. */
export interface Identity {
  readonly privateKey: Buffer | null;
  readonly findings: readonly Finding[];
}

export async function checkIdentity(config: Config, { identityFile }: Server): Promise<Identity> {
  try {
    await assertSecret(config, identityFile);
  } catch (error) {
    return { privateKey: null, findings: refused(IDENTITY, error) };
  }
  const restore = "Restore it from the backup; packetboat logs in with a key without a passphrase.";
  const privateKey = await readFile(identityFile).catch(errnoOf);
  if (!Buffer.isBuffer(privateKey)) {
    const sentence = `${identityFile} cannot be read (${privateKey})`;
    return { privateKey: null, findings: [wrong(IDENTITY, sentence, restore, "SSH_KEY_INVALID")] };
  }
  const fingerprint = publicPartOf(privateKey);
  if (fingerprint === null) {
    const sentence = `${identityFile} is no SSH key that can be used`;
    return { privateKey: null, findings: [wrong(IDENTITY, sentence, restore, "SSH_KEY_INVALID")] };
  }
  const { sshPublicKey } = homePaths(config);
  const shown = await readFile(sshPublicKey, "utf8").catch(() => null);
  if (shown !== null && hostKeyFingerprint(shown.trim()) === fingerprint) {
    return { privateKey, findings: [ok(IDENTITY, `${identityFile}, ${fingerprint}`)] };
  }
  const sentence = `${sshPublicKey} is not the public part of ${identityFile}, with which we log in`;
  const hint = `Write it anew (ssh-keygen -y -f ${identityFile} > ${sshPublicKey}), then run \`packetboat keys card\`.`;
  return { privateKey, findings: [warning(IDENTITY, sentence, hint)] };
}

const entityIn = async (ledger: Checking["ledger"]): Promise<CardRow | null> =>
  ledger === null || isRefusal(ledger) ? null : await joinedEntity(ledger);

interface Reached {
  readonly harbor?: Harbor;
  readonly findings: readonly Finding[];
}

/** From the name of the server to the login. */
async function reach(
  { hostKeys = [] }: Server,
  address: SftpAddress,
  privateKey: Buffer,
  entity: CardRow | null,
): Promise<Reached> {
  const { host, port, user } = address;
  const found = await lookup(host).catch(errnoOf);
  if (found === null || typeof found === "string") {
    const sentence = `the name ${host} leads nowhere (${found})`;
    const hint = "Check the name in server.address, and this machine's name service.";
    return { findings: [wrong(ADDRESS, sentence, hint, "BOX_UNREACHABLE")] };
  }
  const at =
    found.address === host ? `${host}, port ${port}` : `${host}, port ${port}, is ${found.address}`;
  const begun = performance.now();
  try {
    const harbor = await connect(address, { privateKey, hostKeys });
    const tookMs = Math.ceil(performance.now() - begun);
    return {
      harbor,
      findings: [
        ok(ADDRESS, `${at}, and answers`),
        hostKey(harbor, hostKeys),
        ok("login", `${user} is let in, in ${tookMs} ms`),
      ],
    };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { findings: notLetIn(error, at, address, entity) };
  }
}

function hostKey({ hostKey: shown }: Harbor, pinned: readonly string[]): Finding {
  const others = pinned.filter((key) => key !== shown);
  if (others.length === 0)
    return ok(HOST_KEYS, `the server shows the one that is pinned: ${shown}`);
  return warning(
    HOST_KEYS,
    `the server shows ${shown}; ${others.join(", ")} is pinned too, and not shown`,
    "When the server has changed its key for good, take the other one out of server.hostKeys.",
  );
}

/** How far it came shows by how it ended. */
function notLetIn(
  error: PacketboatError,
  at: string,
  { user, host, port }: SftpAddress,
  entity: CardRow | null,
): Finding[] {
  const answers = ok(ADDRESS, `${at}, and answers`);
  const { code } = error;
  if (code === "BOX_HOST_KEY_CHANGED") return [answers, ...refused(HOST_KEYS, error)];
  if (code === "BOX_LOGIN_REFUSED") {
    const hint = entity
      ? `${entity.name} makes the account when it has your card, enrolment.xml: mail it, or ask whether it has run its script.`
      : `If server.address names the right account, ask the server's administrator to install our key for it: \`packetboat keys show\` prints it.`;
    const sentence = `${host} does not let ${user} in with our SSH key`;
    return [answers, ok(HOST_KEYS, "the one that is pinned"), wrong("login", sentence, hint, code)];
  }
  const how = String(error.facts["code"] ?? "");
  if (code === "BOX_UNREACHABLE" && how === "ECONNREFUSED") {
    const sentence = `${at}: the machine is there, and nothing listens on that port`;
    const hint =
      "Check the port in server.address; if it is right, the server is not running: tell its administrator.";
    return [wrong(ADDRESS, sentence, hint, code)];
  }
  if (code === "BOX_TIMEOUT" || ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"].includes(how)) {
    const sentence = `${at}: no answer`;
    const hint = `Ask for the way out to be opened: TCP to ${host}, port ${port}.`;
    return [wrong(ADDRESS, sentence, hint, code)];
  }
  return refused(code === "BOX_FAILED" ? "login" : ADDRESS, error);
}

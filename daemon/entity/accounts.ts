/**
 * The script that makes the accounts and drop boxes of an entity's districts and peers on its server: to be read by
 * its administrator, then run as root. Pure. Of a card nothing but the bytes of its SSH key goes into it.
 */
import { posix } from "node:path";
import type { EntityConfig } from "../config.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { peerAccount } from "../directory/member.ts";
import type { AgencyRow, AgencyStatus } from "../ledger/tables.ts";

/** Those that may log in. */
export const TAKING_PART: readonly AgencyStatus[] = ["Participating", "TestOnly"];

/** A district, or the entity of another state, as far as its account is concerned. */
export interface AccountHolder {
  readonly id: AgencyId;
  readonly role: AgencyRow["role"];
  readonly name: string;
  readonly status: AgencyStatus;
  /** The line of the `.pub` file, as its card has it. */
  readonly sshPublicKey: string | null;
  /** Whoever has the OpenPGP key that was stolen may have the SSH key beside it. */
  readonly isKeyRevoked: boolean;
}

/** Its account, and why it is locked out, if it is. */
export interface Account {
  readonly id: AgencyId;
  readonly role: AgencyRow["role"];
  /** On the server. */
  readonly account: string;
  readonly name: string;
  /** Type and base 64, nothing else; `null` for one that is locked out. */
  readonly key: string | null;
  readonly lockedOut: "status" | "revoked" | "no key" | "key of another" | null;
  readonly status: AgencyStatus;
}

/** What a district's account may have lying in the boxes of others, on a machine that keeps to it. */
export interface Quota {
  readonly files: number;
  readonly megabytes: number;
}

/** Files of the package that the script puts in their places. */
export interface ServerFiles {
  /** `config/openssh/packetboat-district` */
  readonly tool: string;
  /** `config/openssh/10-packetboat.conf` */
  readonly sshdConfig: string;
  /** `config/openssh/accounts.sh`: the part of the script that is always the same; it stays where it is. */
  readonly steps: string;
}

/**
 * Who may log in with which key. A key that two of them claim lets neither in: sshd could not tell them
 * apart.
 */
export function accountsOf(holders: readonly AccountHolder[]): Account[] {
  const keyed = holders.map((holder) => ({ ...holder, key: plainKey(holder.sshPublicKey) }));
  const claimed = Map.groupBy(
    keyed.filter((holder) => isAdmitted(holder)),
    ({ key }) => key,
  );
  return keyed.map((holder) => {
    const { id, role, name, status, key } = holder;
    const isShared = (claimed.get(key) ?? []).length > 1;
    const lockedOut = hindranceOf(holder) ?? (isShared ? "key of another" : null);
    const account = role === "entity" ? peerAccount(id) : `lea${id}`;
    return { id, role, account, name, status, lockedOut, key: lockedOut === null ? key : null };
  });
}

type Keyed = AccountHolder & Pick<Account, "key">;

function hindranceOf({ status, isKeyRevoked, key }: Keyed): Account["lockedOut"] {
  if (!TAKING_PART.includes(status)) return "status";
  if (isKeyRevoked) return "revoked";
  return key === null ? "no key" : null;
}

const isAdmitted = (holder: Keyed): boolean => hindranceOf(holder) === null;

/** Of a key: its type, and 32 bytes framed as RFC 8709 says. What else stands on the line is dropped. */
function plainKey(line: string | null): string | null {
  const [, base64 = ""] = /^ssh-ed25519 ([0-9A-Za-z+/]{68})(?: |$)/.exec(line ?? "") ?? [];
  const blob = Buffer.from(base64, "base64");
  const frame = Buffer.from("\0\0\0\u000bssh-ed25519\0\0\0 ", "latin1");
  const isKey = blob.length === frame.length + 32 && blob.subarray(0, frame.length).equals(frame);
  return isKey ? `ssh-ed25519 ${base64}` : null;
}

/**
 * The folder on this machine that districts see as `/`.
 *
 * @throws PacketboatError CONFIG_INVALID if boxes and directory do not stand where districts look for them
 */
export function chrootOf({
  server,
  directory,
}: Pick<EntityConfig, "server" | "directory">): string {
  const root = posix.dirname(server.boxes);
  if (!/^(?:\/[\w.-]+)+$/.test(root)) {
    throw unfit("server.boxes", server.boxes, "the path must be of plain letters and digits");
  }
  if (server.boxes !== posix.join(root, "boxes")) {
    throw unfit("server.boxes", server.boxes, "districts know the folder as /boxes");
  }
  if (directory.folder !== posix.join(root, "directory")) {
    const why = `districts know it as /directory, which is ${root}/directory`;
    throw unfit("directory.folder", directory.folder, why);
  }
  return root;
}

const unfit = (setting: string, value: string, why: string): PacketboatError =>
  new PacketboatError("CONFIG_INVALID", `${setting} cannot be ${value}: ${why}`, {
    facts: { setting },
  });

/** An account of the machine, as `useradd` lets it be called. */
const isAccountName = (name: string): boolean => /^[a-z_][a-z0-9_.-]{0,31}$/.test(name);

/** Where the script is to be run, and for whom. */
export interface Place {
  /** As `chrootOf` tells it. */
  readonly root: string;
  readonly entityId: AgencyId;
  /** The account that packetboat runs as. */
  readonly service: string;
  readonly quota: Quota;
}

/**
 * The whole script. Nothing in it changes while directory and config stay, so that two of them can be
 * compared.
 *
 * @throws PacketboatError USAGE for an account that cannot be the service's
 */
export function accountsScript(
  accounts: readonly Account[],
  place: Place,
  { tool, sshdConfig, steps }: ServerFiles,
): string {
  const { root, entityId, service } = place;
  if (!isAccountName(service) || service === "root") {
    const sentence = `${JSON.stringify(service)} cannot be the account of the service: name it with --service-user`;
    throw new PacketboatError("USAGE", sentence);
  }
  const open = accounts.filter(({ key }) => key !== null);
  const files = {
    tool: tool.replace(/^root=\S+/m, `root=${root}`),
    sshdConfig: sshdConfig.replaceAll("/srv/packetboat", root),
  };
  return [
    ...head(entityId),
    ...settings(place),
    "main() {",
    "  prepare",
    `  says "$tool" entity ${entityId} "$service" || exit 1`,
    ...open.flatMap(({ id, role, name, key }) => [
      `  # ${commented(name)}`,
      `  ${role === "entity" ? "peer" : "account"} ${id} '${key ?? ""}'`,
    ]),
    ...accounts
      .filter(({ key }) => key === null)
      .map(
        (account) =>
          `  # Locked out: ${account.id}, ${commented(account.name)}: ${whyLockedOut(account)}`,
      ),
    "",
    "  # Every other district that has an account here is locked out, and every other state's entity.",
    `  says "$tool" only ${[...idsOf(open, "district"), "|| :"].join(" ")}`,
    `  says "$tool" only-peers ${[...idsOf(open, "entity"), "|| :"].join(" ")}`,
    `  quotas ${idsOf(open, "district").join(" ")}`.trimEnd(),
    "  finish",
    "}",
    "",
    // Without what is said to whoever finds it among the files.
    ...steps
      .trimEnd()
      .replace(/^(?:#.*\n)+\n/, "")
      .split("\n"),
    "",
    ...printed("tool_file", files.tool),
    ...printed("sshd_file", files.sshdConfig),
    // At the end, so that a script that was cut off does nothing.
    "main",
    "",
  ].join("\n");
}

const idsOf = (accounts: readonly Account[], wanted: Account["role"]): AgencyId[] =>
  accounts.filter(({ role }) => role === wanted).map(({ id }) => id);

const head = (entityId: AgencyId): string[] => [
  "#!/bin/sh",
  `# Accounts and drop boxes of the districts of ${entityId}, by \`packetboat directory accounts\`.`,
  "# Read it, then run it as root on the SFTP server. It makes what is missing, mends what differs, says",
  "# what it changed, and deletes nothing. Print and run it again whenever the directory has changed.",
  "#",
  "# Further down stand two files, word for word, that it puts in their places: what sshd lets these",
  "# accounts do (SFTP below one folder, nothing else), and the tool that makes or locks one account.",
  "set -eu",
  "umask 022",
  "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
  "LC_ALL=C",
  "export PATH LC_ALL",
  "",
];

const settings = ({ root, service, quota }: Place): string[] => [
  `root=${root}`,
  `service=${service}`,
  "# What each district may have waiting in the boxes, where this machine keeps to it.",
  `quota_files=${quota.files}`,
  `quota_megabytes=${quota.megabytes}`,
  "tool=/usr/local/sbin/packetboat-district",
  "sshd_drop_in=/etc/ssh/sshd_config.d/10-packetboat.conf",
  "",
];

const WHY: Readonly<Record<Exclude<Account["lockedOut"], null>, (account: Account) => string>> = {
  status: ({ status }) => `it is listed as ${status}`,
  revoked: () => "its key was revoked, and its new card has not come",
  "no key": () => "its card has no SSH key",
  "key of another": () => "another agency has the same SSH key",
};

/** Of one that is locked out. */
export const whyLockedOut = (account: Account): string =>
  WHY[account.lockedOut ?? "status"](account);

/** Letters, digits and plain marks: a comment that nothing can leave, and no reader is led astray by. */
const commented = (name: string): string =>
  name.replaceAll(/[^\p{L}\p{N} .,'&()-]/gu, "?").slice(0, 75);

/** A function that prints a file as it is. */
function printed(name: string, text: string): string[] {
  const end = `END_OF_${name.toUpperCase()}`;
  if (text.includes(end)) throw new Error(`the file holds its own end, ${end}`);
  return [`${name}() {`, `  cat <<'${end}'`, ...text.trimEnd().split("\n"), end, "}", ""];
}

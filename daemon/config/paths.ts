/** Where things are below the folders that the config names. The names are a promise to scripts. */
import { isAbsolute, join } from "node:path";

/** The private part of a home: 0700 and 0600, packetboat's user alone (PROTOCOL 9). */
export interface HomePaths {
  readonly home: string;
  readonly card: string;
  readonly keys: string;
  readonly openpgpKey: string;
  readonly sshKey: string;
  readonly sshPublicKey: string;
  readonly state: string;
  readonly ledger: string;
  readonly log: string;
  readonly intake: string;
  readonly staging: string;
  readonly sealed: string;
  readonly quarantine: string;
}

/** @param config only its home is read, and whether its keys are handed in (`credentials.ts`) */
export function homePaths({
  home,
  credentials,
}: {
  readonly home: string;
  readonly credentials?: string;
}): HomePaths {
  const keys = credentials ?? join(home, "keys");
  const keyFile = (name: string): string =>
    join(keys, credentials === undefined ? name : credentialOf(name));
  const state = join(home, "state");
  return {
    home,
    card: join(home, "enrolment.xml"),
    keys,
    openpgpKey: keyFile("openpgp.asc"),
    sshKey: keyFile("ssh_ed25519"),
    sshPublicKey: keyFile("ssh_ed25519.pub"),
    state,
    ledger: join(state, "ledger.sqlite"),
    log: join(state, "packetboat.log"),
    intake: join(state, "intake"),
    staging: join(state, "staging"),
    sealed: join(state, "sealed"),
    quarantine: join(home, "quarantine"),
  };
}

/** The folders that must be packetboat's alone, the ones above first. */
export function privateFolders(paths: HomePaths): string[] {
  const { keys, state, intake, staging, sealed, quarantine } = paths;
  return [keys, state, intake, staging, sealed, quarantine];
}

/** What lies in a drop folder (PROTOCOL 9). */
export type DropFolderPaths = Readonly<
  Record<"outbox" | "sent" | "refused" | "requests" | "records" | "letters" | "done", string>
>;

/** @param folder only its path is read */
export const dropFolderPaths = ({ path }: { readonly path: string }): DropFolderPaths => ({
  outbox: join(path, "outbox"),
  sent: join(path, "sent"),
  refused: join(path, "refused"),
  requests: join(path, "requests"),
  records: join(path, "records"),
  letters: join(path, "letters"),
  done: join(path, "done"),
});

/** A private file, like the SSH key: as it is written, or below `home`. */
export const privatePath = (home: string, file: string): string =>
  isAbsolute(file) ? file : join(home, file);

/** The list of flagged students. @param config only its home and its flags file are read */
export const flagsPath = ({
  home,
  releases,
}: {
  readonly home: string;
  readonly releases: { readonly flagsFile?: string };
}): string => privatePath(home, releases.flagsFile ?? "flags.csv");

/** The name under which systemd hands in a file of the keys folder (`credentials.ts`). */
export const credentialOf = (name: string): string => `keys_${name.replaceAll("/", "_")}`;

/** Two states' servers as folders, and the box of one's entity on the other's, for the tests of the relay. */
import { chown, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Directory, DirectoryAgency } from "../../../daemon/directory/directory.ts";
import type { DropBox } from "../../../daemon/dropbox/contract.ts";
import type { BoxFiles } from "../../../daemon/dropbox/files.ts";
import { localFiles, openFolders } from "../../../daemon/dropbox/folder.ts";
import { relay, type Relayed, type Relaying } from "../../../daemon/entity/relay.ts";
import type { AgencyId } from "../../../daemon/ids.ts";
import { addAgency } from "../../../daemon/ledger/agencies.ts";
import { type Ledger, openLedger } from "../../../daemon/ledger/connect.ts";
import type { AgencyStatus, RelayRow } from "../../../daemon/ledger/tables.ts";
import { attachmentName, sealedName } from "../../../daemon/packet/names.ts";
import { keepingLog, type Said } from "../../logs.ts";
import { releasingCard } from "../../reports/samples.ts";

export const US = "2700000" as AgencyId;
export const PEER = "1900000" as AgencyId;
/** Ours. */
export const PRAIRIE = "2700105" as AgencyId;
export const CORNERS = "2700012" as AgencyId;
/** The other state's. */
export const RIVER = "1900024" as AgencyId;
export const CREEK = "1900031" as AgencyId;

export const AT = new Date("2024-08-12T15:00:00.000Z");
export const after = (days: number): Date => new Date(AT.getTime() + days * 86_400_000);

/** Whose the files are that a test leaves. */
export const OURSELVES = process.getuid?.() ?? 0;

export interface Yard extends AsyncDisposable {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly said: Said[];
  readonly staging: string;
  readonly quarantine: string;
  /** A path in the peer's box on our server. */
  readonly waitingAt: (name?: string) => string;
  /** A path in a box on the peer's server. */
  readonly arrivedAt: (agency: AgencyId, name?: string) => string;
  /** One exchange with the peer. */
  readonly relay: (change?: Partial<Relaying>) => Promise<Relayed>;
  readonly relaying: (change?: Partial<Relaying>) => Relaying;
}

export const listed = (id: AgencyId, change: Partial<DirectoryAgency> = {}): DirectoryAgency => ({
  AgencyId: id,
  Role: "District",
  OrganizationName: `Example District ${id}`,
  AddressCity: "Example City",
  StateAbbreviation: "IA",
  AddressPostalCode: "50001",
  AgencyStatus: "Participating",
  ...change,
});

export const directoryOf = (agencies: readonly DirectoryAgency[]): Directory => ({
  Version: "1",
  EntityId: PEER,
  DocumentProcessCode: "TEST",
  IssuedDateTime: "2024-08-12T00:00:00Z",
  ExpiresDateTime: "2024-09-11T00:00:00Z",
  Key: [],
  Agency: [...agencies],
});

export async function newYard(): Promise<Yard> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-relay-"));
  const at = (...path: string[]): string => join(folder, ...path);
  for (const box of [`here/${PEER}`, `there/${RIVER}`, `there/${CREEK}`, `there/${PEER}`]) {
    await mkdir(at(box), { recursive: true });
  }
  for (const own of ["staging", "quarantine"]) await mkdir(at(own), { mode: 0o700 });
  const ledger = await openLedger(at("ledger.sqlite"));
  for (const id of [PRAIRIE, CORNERS]) await member(ledger, id);
  const said: Said[] = [];
  const relaying = (change: Partial<Relaying> = {}): Relaying => ({
    ledger,
    us: US,
    peer: PEER,
    isTest: true,
    here: boxAt(at("here", PEER)),
    ownerOf: () => Promise.resolve(OURSELVES),
    there: (agency) => boxAt(at("there", agency)),
    mend: () => Promise.resolve(),
    directory: directoryOf([listed(RIVER), listed(CREEK)]),
    staging: at("staging"),
    quarantine: at("quarantine"),
    limits: {
      packetBytes: 8000,
      attachmentBytes: 80_000,
      perSender: { files: 1000, bytes: 1e8 },
      files: 100,
    },
    now: () => AT,
    log: keepingLog(said),
    stop: new AbortController().signal,
    ...change,
  });
  return {
    folder,
    ledger,
    said,
    staging: at("staging"),
    quarantine: at("quarantine"),
    waitingAt: (name = "") => at("here", PEER, name),
    arrivedAt: (agency, name = "") => at("there", agency, name),
    relaying,
    relay: (change) => relay(relaying(change)),
    [Symbol.asyncDispose]: async () => {
      await ledger.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const boxAt = (folder: string, files: BoxFiles = localFiles): DropBox =>
  openFolders(files).box(folder);

/** A district of ours, as a person has taken it into the directory. */
export const member = (
  ledger: Ledger,
  id: AgencyId,
  status: AgencyStatus = "Participating",
): Promise<void> =>
  addAgency(ledger, {
    ...releasingCard,
    agency_id: id,
    fingerprint: id.padStart(40, "0") as typeof releasingCard.fingerprint,
    status,
  });

let lastRandom = 0;
const random = (): string => (++lastRandom).toString(16).padStart(16, "0");

export const packetName = (from: AgencyId, to: AgencyId, sequence = 1): string =>
  sealedName({ from, to, sequence, random: random() });

export const documentName = (from: AgencyId, to: AgencyId, group = 1): string =>
  attachmentName({ from, to, group, number: 1, random: random() });

/** Leave a file as a district does. @returns its name */
export async function leave(
  yard: Yard,
  name: string,
  { bytes = `sealed ${name}`, at = AT, owner }: { bytes?: string; at?: Date; owner?: number } = {},
): Promise<string> {
  const path = yard.waitingAt(name);
  await writeFile(path, bytes);
  await utimes(path, at, at);
  if (owner !== undefined) await chown(path, owner, owner);
  return name;
}

export const waiting = async (yard: Yard): Promise<string[]> =>
  (await readdir(yard.waitingAt())).toSorted();

export const arrived = async (yard: Yard, agency: AgencyId): Promise<string[]> =>
  (await readdir(yard.arrivedAt(agency))).toSorted();

export const textAt = (path: string): Promise<string> => readFile(path, "utf8");

export const rowsOf = (yard: Yard): Promise<RelayRow[]> =>
  yard.ledger.selectFrom("relays").selectAll().orderBy("relay_id").execute();

/** Of each file, by name: state and code. */
export async function states(yard: Yard): Promise<Record<string, string>> {
  const rows = await rowsOf(yard);
  return Object.fromEntries(
    rows.map(({ file_name, state, code }) => [file_name, code ? `${state} ${code}` : state]),
  );
}

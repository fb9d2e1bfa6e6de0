/** Two districts as the demo makes them, with a clock that the test moves. */
import { copyFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type District,
  exchangeAt,
  introduce,
  REGISTRAR,
  settle,
  type Time,
  withLedger,
} from "../daemon/commands/demo/world.ts";
import { type BoxServer, startServer } from "../daemon/dropbox/server.ts";
import type { ExchangeResult } from "../daemon/exchange.ts";
import { parseAgencyId } from "../daemon/ids.ts";
import { listAlerts } from "../daemon/ledger/alerts.ts";

export const STUDENTS = fileURLToPath(new URL("../fixtures/students/", import.meta.url));
export { REGISTRAR };

/** A clock that stands still until it is moved; a pause moves it. */
export class Clock implements Time {
  #at: number;

  constructor(at: string) {
    this.#at = Date.parse(at);
  }

  readonly now = (): Date => new Date(this.#at);

  readonly pause = (ms: number): Promise<void> => {
    this.#at += ms;
    return Promise.resolve();
  };

  set(at: Date): void {
    this.#at = at.getTime();
  }

  pass(by: { days?: number; hours?: number; minutes?: number }): void {
    const { days = 0, hours = 0, minutes = 0 } = by;
    this.#at += ((days * 24 + hours) * 60 + minutes) * 60_000;
  }
}

export interface World extends AsyncDisposable {
  readonly folder: string;
  readonly server: BoxServer;
  readonly clock: Clock;
  /** Where the student goes. */
  readonly valley: District;
  /** Where the student comes from. */
  readonly prairie: District;
}

const PLACE = { city: "Example City", state: "MN", zip: "55001", timeZone: "America/Chicago" };

/**
 * Two districts that trust each other, and a server; all gone when the test is over.
 *
 * @param serve starts the server in this folder: the embedded one, or `startOpenSsh`
 */
export async function newWorld(
  at = "2024-07-19T14:00:00Z",
  serve: (root: string) => Promise<BoxServer> = startServer,
): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-test-"));
  const server = await serve(join(folder, "server"));
  const clock = new Clock(at);
  const made = (id: string, name: string, phone: string): Promise<District> => {
    const district = { ...PLACE, id: parseAgencyId(id), name, phone };
    return settle(server, join(folder, id), district, clock);
  };
  const valley = await made("3900417", "Example Valley Schools", "555-555-0140");
  const prairie = await made("2700105", "Example Prairie Schools", "555-555-0170");
  await introduce(valley, prairie, clock);
  return {
    folder,
    server,
    clock,
    valley,
    prairie,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A path in the drop folder of a district's office. */
export const office = ({ folder }: District, ...path: string[]): string =>
  join(folder, "office", ...path);

/** The box of a district on the server, as it lies on the disk. */
export const boxOf = (
  { folder }: Pick<World, "folder">,
  { id }: Pick<District, "id">,
  ...path: string[]
): string => join(folder, "server", "boxes", id, "test", ...path);

/**
 * A document for an outbox, as a student system writes it, decided by the registrar.
 *
 * @param decision the element that says what was decided
 * @param sourceReference by which the student system knows it again, if it has one
 */
export const outboxDocument = (decision: string, sourceReference?: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<OutboxMessage xmlns="urn:packetboat:outbox:1">
  ${sourceReference === undefined ? "" : `<SourceReference>${sourceReference}</SourceReference>`}
  <DecidedBy>${REGISTRAR}</DecidedBy>
  ${decision}
</OutboxMessage>
`;

/** Such a document in the outbox; written beside and renamed in. */
export async function drop(district: District, name: string, decision: string): Promise<void> {
  const hidden = office(district, "outbox", `.${name}`);
  await writeFile(hidden, outboxDocument(decision));
  await rename(hidden, office(district, "outbox", name));
}

/** What a fixture asks or releases: the element inside its OutboxMessage. */
export async function fixture(name: string): Promise<string> {
  const text = await readFile(join(STUDENTS, name), "utf8");
  return /<(Request|Release)>[^]*<\/\1>/.exec(text)?.[0] ?? "";
}

/** The fixture student's request, to this district. */
export const requestTo = async ({ id }: District): Promise<string> =>
  (await fixture("abrams-jenna.xml")).replace("<Request>", `<Request><To>${id}</To>`);

/** The fixture's record without its documents. */
export const recordAlone = async (): Promise<string> =>
  (await fixture("abrams-jenna.record.xml"))
    .replaceAll(/<Document>[^]*?<\/Document>\s*/g, "")
    .replace(
      /<Attached>[^]*?<\/Attached>/,
      "<NotAvailable><NotAvailableReason>NotApplicable</NotAvailableReason></NotAvailable>",
    );

/** The fixture student's request, to the district that has the records. */
export async function dropRequest({ valley, prairie }: World): Promise<void> {
  await drop(valley, "request.xml", await requestTo(prairie));
}

/** The fixture's record, with its documents. */
export async function dropRelease(
  { prairie }: Pick<World, "prairie">,
  reference: string,
): Promise<void> {
  for (const name of await readdir(STUDENTS)) {
    if (name.endsWith(".pdf"))
      await copyFile(join(STUDENTS, name), office(prairie, "outbox", name));
  }
  const release = await fixture("abrams-jenna.record.xml");
  const about = `<Release><Reference>${reference}</Reference>`;
  await drop(prairie, "release.xml", release.replace("<Release>", about));
}

export const meet = (
  { clock }: Pick<World, "clock">,
  district: District,
): Promise<ExchangeResult> => exchangeAt(district, clock);

/** Ask, and let the other district see it. @returns the reference */
export async function asked(world: World): Promise<string> {
  await dropRequest(world);
  await meet(world, world.valley);
  await meet(world, world.prairie);
  const [reference = ""] = await readdir(office(world.prairie, "requests"));
  return reference;
}

/** The only transfer's state on each side: requester, releaser. */
export const states = ({ valley, prairie }: World): Promise<string[]> =>
  Promise.all([valley, prairie].map(stateAt));

const stateAt = (district: District): Promise<string> =>
  withLedger(district, async (ledger) => {
    const rows = await ledger.selectFrom("transfers").select("state").execute();
    return rows.map(({ state }) => state).join(" ");
  });

/** Codes of the open alerts. */
export const openAlerts = (district: District): Promise<string[]> =>
  withLedger(district, async (ledger) =>
    (await listAlerts(ledger, { open: true })).map(({ code }) => code).toSorted(),
  );

export { withLedger, type District };

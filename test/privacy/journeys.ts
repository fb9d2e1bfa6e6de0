/** Two states in which every student of the fixtures moves; what lay in boxes and in mails is kept. */
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { APPROVER } from "../../daemon/commands/demo/world.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import { readEnvelope } from "../../daemon/packet/envelope.ts";
import { parseSealedName } from "../../daemon/packet/names.ts";
import type { TransferState } from "../../daemon/transfer/effects.ts";
import { deskOf } from "../commands/desk.ts";
import { writerAt } from "../forge.ts";
import { type District, dropRelease, meet, office, withLedger } from "../homes.ts";
import { startMailServer, type TestMailServer } from "../mail-server.ts";
import { dropDocument, mailFrom } from "../notices/mailed.ts";
import { type Country, newCountry } from "../states.ts";
import { filesIn, type Place } from "./told.ts";
import { heard } from "../packet/heard.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures");

/** Two states, their post, and all that was ever left in a box. */
export interface Journeys extends AsyncDisposable {
  readonly country: Country;
  readonly mail: TestMailServer;
  readonly homes: readonly District[];
  /** By name, the sealed files that lay on either server. */
  readonly sealed: ReadonlyMap<string, Buffer>;
  /** Each exchanges, in this order. */
  readonly round: (...homes: readonly District[]) => Promise<void>;
}

export async function newJourneys(): Promise<Journeys> {
  const country = await newCountry();
  const mail = await startMailServer();
  const { here, there, clock } = country;
  const homes = [here, there].flatMap((state) => [
    state.entity,
    state.valley,
    state.prairie,
    state.corners,
  ]);
  for (const home of homes) await mailFrom(home, mail);
  const sealed = new Map<string, Buffer>();
  const gather = async (): Promise<void> => {
    for (const { folder } of [here, there]) {
      for (const path of await filesIn(join(folder, "server"))) {
        const name = path.slice(path.lastIndexOf("/") + 1);
        if (!sealed.has(name)) sealed.set(name, await readFile(path));
      }
    }
  };
  return {
    country,
    mail,
    homes,
    sealed,
    async round(...some) {
      for (const home of some) {
        const { failure } = await meet(country, home);
        if (failure) throw failure;
        await gather();
        clock.pass({ minutes: 10 });
      }
    },
    [Symbol.asyncDispose]: async () => {
      await mail[Symbol.asyncDispose]();
      await country[Symbol.asyncDispose]();
    },
  };
}

export const fixtureText = (name: string): Promise<string> =>
  readFile(join(FIXTURES, name), "utf8");

/** A fixture's document, dropped under a name that says whose it is. */
export async function dropFixture(
  home: District,
  name: string,
  change: (text: string) => string = (text) => text,
): Promise<void> {
  await dropDocument(
    home,
    `abrams-jenna-${name.replaceAll("/", "-")}`,
    decided(change(await fixtureText(name))),
  );
}

/** The people of a test's homes decide. */
const decided = (text: string): string =>
  text.includes("<DecidedBy>")
    ? text
    : text.replace(/(<OutboxMessage [^>]*>)/, "$1<DecidedBy>example.registrar</DecidedBy>");

/** The reference of the transfer that a home has of this student, in this state. */
export const referenceOf = (home: District, state: TransferState): Promise<string> =>
  withLedger(home, async (ledger) => {
    const row = await ledger
      .selectFrom("transfers")
      .select("reference")
      .where("state", "=", state)
      .orderBy("requested_at", "desc")
      .executeTakeFirstOrThrow();
    return `${row.reference.slice(0, 4)}-${row.reference.slice(4)}`;
  });

const about =
  (reference: string) =>
  (text: string): string =>
    text.replace("K7QM-3F2D", reference).replace(/<SourceReference>.*?<\/SourceReference>/, "");

/** Everything that districts say to each other, said once of a student of the fixtures. */
export async function everythingHappens(journeys: Journeys): Promise<void> {
  const { country, round } = journeys;
  const { here, there } = country;
  const { entity, valley, prairie, corners } = here;
  await round(there.entity, entity, there.entity, valley, prairie, corners, there.valley);
  const approver = deskOf(country, entity, APPROVER);
  await approver.result(
    "registry",
    "import",
    join(FIXTURES, "students/registry.csv"),
    "--snapshot",
    "--proceed",
  );

  // A state transfer, held, released with documents, supplemented, imported.
  await dropFixture(valley, "students/abrams-jenna.xml");
  await round(valley, entity, prairie, valley);
  const jenna = await referenceOf(prairie, "RequestReceived");
  await dropFixture(prairie, "outbox/hold.xml", about(jenna));
  await round(prairie, entity, valley);
  await dropRelease({ prairie }, jenna);
  await round(prairie, valley, prairie, entity);
  const supplement = `<Release><Reference>${jenna}</Reference><Supplement>true</Supplement>`;
  await copyFile(
    join(FIXTURES, "students/abrams-jenna.transcript.pdf"),
    office(prairie, "outbox", "abrams-jenna.transcript.pdf"),
  );
  await dropFixture(prairie, "students/abrams-jenna.record.xml", (text) =>
    text
      .replace("<Release>", supplement)
      .replace(/<Document>\s*<FileName>abrams-jenna.imm[^]*?<\/Document>/, "")
      .replace(
        /<Attached>[^]*?<\/Attached>/,
        "<NotAvailable><NotAvailableReason>NotKept</NotAvailableReason></NotAvailable>",
      ),
  );
  await round(prairie, valley, prairie);
  await dropFixture(valley, "outbox/imported.xml", about(jenna));
  await round(valley, prairie, entity, valley);

  // One rejected, and one of whom the registry knows nothing.
  await dropFixture(corners, "students/sample-ida.xml");
  await dropFixture(valley, "students/specimen-otis.xml");
  await round(corners, valley, entity, prairie, corners, valley);
  const ida = await referenceOf(prairie, "RequestReceived");
  await dropFixture(prairie, "outbox/reject.xml", (text) =>
    about(ida)(text).replace(
      "</ReasonCode>",
      "</ReasonCode><Comments>Ida says that she was in Prairie Lake before.</Comments>",
    ),
  );
  await round(prairie, entity, corners, prairie);

  // Between two districts: one canceled from a list, one released and recalled.
  await dropFixture(valley, "outbox/requests.xml");
  await round(valley, prairie, valley);
  const summer = await referenceOf(prairie, "RequestReceived");
  await copyFile(
    join(FIXTURES, "outbox/abrams-jenna.transcript.pdf"),
    office(prairie, "outbox", "abrams-jenna.transcript.pdf"),
  );
  await dropFixture(prairie, "outbox/release.xml", about(summer));
  await round(prairie, valley, prairie);
  await dropFixture(prairie, "outbox/recall.xml", (text) =>
    about(summer)(text).replace(
      "</ReasonCode>",
      "</ReasonCode><Comments>Jenna was a pleasure to have. Please call if anything is missing.</Comments>",
    ),
  );
  await round(prairie, valley, prairie);
  await dropFixture(valley, "outbox/requests.xml", (text) =>
    text.replace("RQ-2024-0118", "RQ-2024-0119"),
  );
  await round(valley, prairie, valley);
  const stopped = await referenceOf(prairie, "RequestReceived");
  await dropFixture(valley, "outbox/cancel.xml", about(stopped));
  await round(valley, prairie, valley);

  // From another state.
  await dropFixture(valley, "students/specimen-otis.abroad.xml", (text) =>
    text.replace("Sample Harbor", "Sample Valley Schools"),
  );
  await round(valley, entity, there.valley, there.entity, valley);
  const otis = await referenceOf(there.valley, "RequestReceived");
  await dropFixture(there.valley, "students/specimen-otis.record.xml", (text) =>
    text.replace("<Release>", `<Release><Reference>${otis}</Reference>`),
  );
  await round(
    there.valley,
    there.entity,
    entity,
    valley,
    entity,
    there.valley,
    there.entity,
    entity,
    valley,
  );
}

/** Nothing is open any more: what arrived was imported, what was recalled is confirmed, and everybody has heard of it. */
export async function everythingEnds(journeys: Journeys): Promise<void> {
  const { country, homes, round } = journeys;
  const { here, there } = country;
  const { valley } = here;
  await dropFixture(valley, "outbox/imported.xml", about(await referenceOf(valley, "Delivered")));
  for (let times = 0; times < 3; times++)
    await round(valley, here.entity, there.valley, there.entity, here.prairie);
  await round(...homes);
  for (const home of homes) {
    const desk = deskOf(country, home);
    for (const { id } of await desk.result<{ id: string }[]>("alerts", "list"))
      await desk.run("alerts", "resolve", id);
  }
}

/** A message as its reader sees it, opened with the reader's key. */
interface Opened {
  readonly kind: string;
  readonly place: Place;
}

/** Everything that was sealed for one of these homes. */
export async function openedFor(
  journeys: Journeys,
  readers: readonly District[],
): Promise<Opened[]> {
  const writers = new Map(
    await Promise.all(
      journeys.homes.map(async (home) => [String(home.id), await writerAt(home)] as const),
    ),
  );
  const opened: Opened[] = [];
  for (const [name, bytes] of journeys.sealed) {
    const named = parseSealedName(name);
    if (!named || !readers.some(({ id }) => id === named.to)) continue;
    const [from, to] = [writers.get(named.from), writers.get(named.to)];
    if (!from || !to) continue;
    const packet = await unseal(bytes, { ourKeys: [to.secret], maxBytes: 10_000_000 });
    const { content } = await packet.verify(from.key, journeys.country.clock.now());
    for (const message of readEnvelope(content).messages) {
      const { kind } = heard(message);
      opened.push({ kind, place: [`${kind} of ${named.from} to ${named.to}`, message.bytes] });
    }
  }
  return opened;
}

/** What was mailed: to whom, under which subject, and what it says. */
export const mailsIn = ({ mail }: Journeys): Place[] =>
  mail.mails.map(({ to, raw, headers, text }) => [
    `mail to ${to.join(" ")}`,
    [raw, ...headers.values(), text].join("\n"),
  ]);

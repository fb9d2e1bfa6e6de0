/** The story that the demo tells: three students whom a state's registry is asked for, one of whom it does not know. */
import { copyFile, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { districtOf, dropFolderPaths, readConfig } from "../../config.ts";
import { studentReader } from "../../desk/requests.ts";
import { locate, type LocatorQuery, placesIn } from "../../directory/locator.ts";
import { PacketboatError } from "../../errors.ts";
import { showReference } from "../../ids.ts";
import { listTransfers } from "../../ledger/transfers.ts";
import { studentNames } from "../../reports/reading.ts";
import { statusWords } from "../../reports/status-words.ts";
import { counted } from "../showing/spans.ts";
import {
  type District,
  type Entity,
  exchangeAt,
  REGISTRAR,
  type Time,
  withLedger,
} from "./world.ts";

export interface Story {
  readonly entity: Entity;
  /** Where two students go. */
  readonly valley: District;
  /** Where two students come from. */
  readonly prairie: District;
  /** Where the third goes. */
  readonly corners: District;
  /** Of the neighbouring state. */
  readonly neighbour: Entity;
  /** Where the one was whom the state does not know. */
  readonly harbor: District;
  /** Where the example students' documents are. */
  readonly students: string;
  readonly time: Time;
  readonly say: (line: string) => void;
}

/** Of the transfers, as people write them. */
export interface References {
  readonly released: string;
  readonly rejected: string;
  readonly unknown: string;
  /** The same student, asked for in the other state. */
  readonly abroad: string;
}

/**
 * Ask without knowing whom, be found by the state or not, release, reject, import: every step through the
 * drop folders, as offices do it.
 *
 * @throws PacketboatError what hinders an exchange, or refuses a part of it
 */
export async function tell(story: Story): Promise<References> {
  await publish(story);
  await ask(story);
  await lookUp(story);
  const within = await decideWithin(story);
  const abroad = await askAbroad(story);
  return { ...within, abroad };
}

/** What becomes of those whom the state knows. */
async function decideWithin(story: Story): Promise<Omit<References, "abroad">> {
  const { valley, prairie, corners } = story;
  chapter(story, `4. ${prairie.name}: both requests arrive, each in a folder of its own.`);
  await meet(story, prairie);
  const released = await referenceOf(prairie, "Abrams");
  const rejected = await referenceOf(prairie, "Sample");
  for (const each of [released, rejected]) aside(story, shownPath(prairie, "requests", each));
  aside(story, "request.html says since when she was enrolled, and how many days overlap.");

  chapter(
    story,
    `5. ${prairie.name}: one is released, with two documents; one is rejected: she may well come back.`,
  );
  const requests = (await folders(prairie)).requests;
  await putRecords(story, "abrams-jenna", join(requests, released, "documents"));
  await decide(join(requests, released), { Decision: "release" });
  await decide(join(requests, rejected), { Decision: "reject", Reason: "EnrollmentNotConfirmed" });
  await meet(story, prairie);

  chapter(story, "6. The records are here, and are imported; the other district reads why not.");
  await meet(story, valley);
  aside(story, shownPath(valley, "records", released));
  await meet(story, corners);
  const { records } = await folders(valley);
  await writeFile(join(records, released, "imported.txt"), `Imported by: ${REGISTRAR}\r\n`);
  await meet(story, valley);

  chapter(story, "7. The state hears how each ended. It never had a record in its hands.");
  await meet(story, prairie);
  await meet(story, story.entity);
  return { released, rejected, unknown: await referenceOf(valley, "Specimen") };
}

/** By the locator, through two entities that cannot open what they move. */
async function askAbroad(story: Story): Promise<string> {
  const { entity, neighbour, valley, harbor } = story;
  chapter(
    story,
    `8. ${valley.name}: Otis came from another state. The District Locator finds the district, and it is asked.`,
  );
  for (const place of await located(valley, { state: "OH", name: "Harbor" })) aside(story, place);
  await drop(story, valley, "specimen-otis.abroad.xml");
  await meet(story, valley);

  chapter(
    story,
    `9. ${entity.name} moves the sealed packet to the neighbour's server, and cannot open it.`,
  );
  await meet(story, entity);
  await meet(story, harbor);
  const reference = await referenceOf(harbor, "Specimen");
  const requests = (await folders(harbor)).requests;
  await putRecords(story, "specimen-otis", join(requests, reference, "documents"));
  await decide(join(requests, reference), { Decision: "release" });
  await meet(story, harbor);

  chapter(story, `10. ${neighbour.name} moves the answer back, and the records are here.`);
  await meet(story, neighbour);
  await meet(story, valley);
  aside(story, shownPath(valley, "records", reference));
  await meet(story, entity);
  await meet(story, harbor);
  return reference;
}

/** Three students of one file, and the signed lists of the districts of both states, passed on to each other. */
async function publish(story: Story): Promise<void> {
  const { entity, neighbour, students } = story;
  chapter(
    story,
    `1. ${entity.name}: the export of enrollments is dropped, and the directory published; the neighbouring state's is passed on.`,
  );
  const text = await readFile(join(students, "registry.csv"), "utf8");
  await write(join(entity.folder, "registry"), "registry.csv", text);
  await meet(story, neighbour);
  await meet(story, entity);
  await meet(story, neighbour);
}

async function ask(story: Story): Promise<void> {
  const { valley, corners } = story;
  chapter(story, "2. Three students are new, and nobody knows for sure where they were.");
  await drop(story, valley, "abrams-jenna.xml");
  await drop(story, valley, "specimen-otis.xml");
  await meet(story, valley);
  await drop(story, corners, "sample-ida.xml");
  await meet(story, corners);
}

async function lookUp(story: Story): Promise<void> {
  const { entity, valley, corners } = story;
  chapter(
    story,
    `3. ${entity.name}: two are found in the registry, and their requests forwarded; one is not.`,
  );
  await meet(story, entity);
  await meet(story, valley);
  await meet(story, corners);
}

function chapter({ say }: Story, title: string): void {
  say("");
  say(title);
}

const aside = ({ say }: Story, line: string): void => say(`     ${line}`);

/** Write over the lines of the form, as somebody with a text editor does. */
async function decide(folder: string, lines: Readonly<Record<string, string>>): Promise<void> {
  const path = join(folder, "decision.txt");
  let text = await readFile(path, "utf8");
  for (const [name, value] of Object.entries({ ...lines, "Decided by": REGISTRAR })) {
    text = text.replace(new RegExp(`^(${name}: *).*$`, "m"), `$1${value}\r`);
  }
  await writeFile(path, text);
}

/** The example documents name nobody: whoever drops one says who decided. */
const by = (text: string): string =>
  text.replace(
    /<OutboxMessage([^>]*)>/,
    `<OutboxMessage$1>\n  <DecidedBy>${REGISTRAR}</DecidedBy>`,
  );

/** A request of the examples, for a student who is new in this district; to whom it goes is not said. */
async function drop({ students }: Story, district: District, name: string): Promise<void> {
  const text = await readFile(join(students, name), "utf8");
  const own = text.replace(/(<SchoolId>)[0-9]{7}/, `$1${district.id}`);
  await write((await folders(district)).outbox, name, by(own));
}

async function putRecords({ students }: Story, student: string, documents: string): Promise<void> {
  await copyFile(join(students, `${student}.record.xml`), join(documents, "record.xml"));
  for (const name of await readdir(students)) {
    const isTheirs = name.startsWith(`${student}.`) && name.endsWith(".pdf");
    if (isTheirs) await copyFile(join(students, name), join(documents, name));
  }
}

/** What the District Locator answers, a line for each district. */
const located = (district: District, query: LocatorQuery): Promise<string[]> =>
  withLedger(district, async (ledger) =>
    locate(await placesIn(ledger, query.state), query).map(
      ({ agencyId, name, city, status }) => `${agencyId}  ${name}, ${city ?? ""}: ${status}`,
    ),
  );

/** Written beside and renamed in: a file that appears is finished. */
async function write(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, `.${name}`), text);
  await rename(join(folder, `.${name}`), join(folder, name));
}

/** One exchange, told in a line, and how its transfers stand then. */
async function meet(story: Story, district: District): Promise<void> {
  const { counts, failure } = await exchangeAt(district, story.time);
  if (failure) throw failure;
  if (counts.documentsRefused + counts.refused + counts.failed > 0) {
    const sentence = `the exchange of ${district.name} refused a part`;
    throw new PacketboatError("DOCUMENT_INVALID", sentence);
  }
  const done = [
    ...(counts.documents > 0 ? [`took ${counted(counts.documents, "document")}`] : []),
    ...(counts.collected > 0 ? [`collected ${counted(counts.collected, "packet")}`] : []),
    ...(counts.published > 0 ? [`showed ${counted(counts.published, "folder")}`] : []),
    ...(counts.relayed > 0 ? [`moved on ${counted(counts.relayed, "file")}`] : []),
    ...(counts.sent > 0 ? [`sent ${counted(counts.sent, "packet")}`] : []),
  ];
  aside(story, `${district.name} exchanges: ${done.join(", ") || "nothing to do"}`);
  for (const { called, status } of await seen(district)) {
    aside(story, `  and sees ${called} as: ${status}`);
  }
}

/** Transfers as people know them: registrars by the student's name, the state by the reference alone. */
const seen = (district: District) =>
  withLedger(district, async (ledger) => {
    const transfers = (await listTransfers(ledger, {})).toReversed();
    const ids = transfers.map(({ request_content_id: id }) => id);
    const names = await studentNames(ids, studentReader(ledger));
    return transfers.map(({ request_content_id: id, state, side, reference: short }) => {
      const reference = showReference(short);
      const name = names.get(id) ?? "";
      const called = side === "entity" ? reference : name;
      return { name, reference, called, status: statusWords(state, side).label };
    });
  });

/** The transfer of the student of this last name. */
async function referenceOf(district: District, lastName: string): Promise<string> {
  const found = (await seen(district)).find(({ name }) => name.startsWith(lastName));
  if (found) return found.reference;
  throw new PacketboatError("TRANSFER_UNKNOWN", `no request for ${lastName} came`);
}

const folders = async (district: District) =>
  dropFolderPaths(districtOf(await readConfig(district.configPath)).office);

const shownPath = (district: District, which: "requests" | "records", reference: string): string =>
  `${basename(district.folder)}/office/${which}/${reference}/`;

/** The story that the demo tells: one student's records, from one district to another. */
import { copyFile, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { districtOf, dropFolderPaths, readConfig } from "../../config.ts";
import { PacketboatError } from "../../errors.ts";
import { listTransfers } from "../../ledger/transfers.ts";
import { statusWords } from "../../reports/status-words.ts";
import { REGISTRAR, exchangeAt, withLedger, type District, type Time } from "./world.ts";

export interface Story {
  readonly requester: District;
  readonly releaser: District;
  /** Where the example student's documents are. */
  readonly students: string;
  readonly time: Time;
  readonly say: (line: string) => void;
}

/**
 * Ask, hold, release, receive, import: every step through the drop folders, as offices do it.
 *
 * @returns the transfer's reference
 */
export async function tell(story: Story): Promise<string> {
  const { requester, releaser, say } = story;
  say(`1. ${requester.name}: the registrar drops a request into the outbox.`);
  await drop(story, requester, "abrams-jenna.xml", (text) =>
    by(text).replace("<Request>", `<Request>\n    <To>${releaser.id}</To>`),
  );
  await meet(story, requester);

  say(`2. ${releaser.name}: the request arrives, and a case folder with it.`);
  await meet(story, releaser);
  const reference = await onlyFolder(releaser, "requests");
  say(`     ${shownPath(releaser, "requests", reference)}`);

  say(
    `3. ${releaser.name}: final marks are due tomorrow; "hold" is written into decision.txt there.`,
  );
  const folder = join((await folders(releaser)).requests, reference);
  await decide(folder, { Decision: "hold", Reason: "AwaitingFinalMarks" });
  await meet(story, releaser);
  await meet(story, requester);

  say(
    `4. ${releaser.name}: the marks are in; record and documents are put there, and "release" is written.`,
  );
  await putRecords(story, join(folder, "documents"));
  await decide(folder, { Decision: "release" });
  await meet(story, releaser);

  say(`5. ${requester.name}: the records are here, and their receipt is on its way.`);
  await meet(story, requester);
  say(`     ${shownPath(requester, "records", reference)}`);

  say(`6. ${requester.name}: the records are in the student information system.`);
  const { records } = await folders(requester);
  await writeFile(join(records, reference, "imported.txt"), `Imported by: ${REGISTRAR}\r\n`);
  await meet(story, requester);
  await meet(story, releaser);
  return reference;
}

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

async function drop(
  { students }: Story,
  district: District,
  name: string,
  edit: (text: string) => string,
): Promise<void> {
  await write(district, name, edit(await readFile(join(students, name), "utf8")));
}

async function putRecords({ students }: Story, documents: string): Promise<void> {
  await copyFile(join(students, "abrams-jenna.record.xml"), join(documents, "record.xml"));
  for (const name of await readdir(students)) {
    if (name.endsWith(".pdf")) await copyFile(join(students, name), join(documents, name));
  }
}

/** Written beside and renamed in: a file that appears is finished. */
async function write(district: District, name: string, text: string): Promise<void> {
  const { outbox } = await folders(district);
  await writeFile(join(outbox, `.${name}`), text);
  await rename(join(outbox, `.${name}`), join(outbox, name));
}

/** One exchange, told in a line. */
async function meet(story: Story, district: District): Promise<void> {
  const { counts, failure } = await exchangeAt(district, story.time);
  if (failure) throw failure;
  if (counts.documentsRefused + counts.refused + counts.failed > 0) {
    throw new PacketboatError(
      "DOCUMENT_INVALID",
      `the exchange of ${district.name} refused a part`,
    );
  }
  const done = [
    ...(counts.documents > 0 ? [`took ${counted(counts.documents, "document")}`] : []),
    ...(counts.collected > 0 ? [`collected ${counted(counts.collected, "packet")}`] : []),
    ...(counts.published > 0 ? [`showed ${counted(counts.published, "folder")}`] : []),
    ...(counts.sent > 0 ? [`sent ${counted(counts.sent, "packet")}`] : []),
  ];
  story.say(`     ${district.name} exchanges: ${done.join(", ") || "nothing to do"}`);
  for (const status of await statuses(district))
    story.say(`     and sees the transfer as: ${status}`);
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? "" : "s"}`;

const statuses = (district: District): Promise<string[]> =>
  withLedger(district, async (ledger) =>
    (await listTransfers(ledger, {})).map(({ state, side }) => statusWords(state, side).label),
  );

const folders = async (district: District) =>
  dropFolderPaths(districtOf(await readConfig(district.configPath)).office);

async function onlyFolder(district: District, which: "requests" | "records"): Promise<string> {
  const [name] = await readdir((await folders(district))[which]);
  if (name === undefined) throw new PacketboatError("FOLDER_MISSING", `nothing came to ${which}`);
  return name;
}

const shownPath = (district: District, which: "requests" | "records", reference: string): string =>
  `${basename(district.folder)}/office/${which}/${reference}/`;

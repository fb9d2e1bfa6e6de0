/** Two districts of which one mails, and what its mail server was given. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { expect } from "vitest";
import { type District, office, requestTo, withLedger, type World } from "../homes.ts";
import type { ReceivedMail, TestMailServer } from "../mail-server.ts";

export const IT = "it@district.example";
/** Of the people in every home of a test. */
export const OFFICE = "registrar@district.example";
export const BOSS = "records.supervisor@district.example";

/** Let a home mail from its next exchange on. @param more lines of the section */
export async function mailFrom(
  { configPath }: District,
  { address }: Pick<TestMailServer, "address">,
  more = "",
): Promise<void> {
  const before = (await readFile(configPath, "utf8")).replace(/\n# of a test\n[^]*$/, "\n");
  const section = `mail:
  server: "${address}"
  from: packetboat@district.example
  it: [${IT}]
${more}`;
  await writeFile(configPath, `${before}\n# of a test\n${section}`);
}

/**
 * So many requests of one district to the other, in one document.
 *
 * @param first number of the first, so that those of a later document are others
 */
export async function dropRequests(
  { valley, prairie }: World,
  count: number,
  first = 0,
): Promise<void> {
  const one = await requestTo(prairie);
  const each = Array.from({ length: count }, (_, index) =>
    one.replace("<Request>", `<Request><SourceReference>s${first + index}</SourceReference>`),
  );
  await dropDocument(
    valley,
    "list.xml",
    `<Requests xmlns="urn:packetboat:outbox:1">
  <DecidedBy>example.registrar</DecidedBy>
  ${each.join("\n")}
</Requests>`,
  );
}

export async function dropDocument(home: District, name: string, text: string): Promise<void> {
  const hidden = office(home, "outbox", `.${name}`);
  await writeFile(hidden, text);
  await rename(hidden, office(home, "outbox", name));
}

/** What was mailed, and to whom, and then forgotten. */
export function mailed({ mails }: Pick<TestMailServer, "mails">): string[] {
  return mails.splice(0).map(({ to, subject }) => `${to.join(" ")}: ${subject}`);
}

export const mailRows = (home: District) =>
  withLedger(home, (ledger) =>
    ledger.selectFrom("mails").selectAll().orderBy("created_at").orderBy("mail_id").execute(),
  );

/** What the fixtures say of people and what people called their files; and what is told of a student. */
const PERSONAL = Object.values({
  student: ["abrams", "jenna", "marie", "2009-02-12", "february 12", "0047311", "0004820091173"],
  family: ["example lane", "dana", "paul", "0142", "0143", "mail.example"],
  remarks: ["allergy", "pleasure", "starts with us"],
  files: ["immunization", "transcript", ".pdf", "list.xml"],
  standing: ["foster", "deceased", "has died", "fees", "legal hold", "hearing", "enrolled"],
}).flat();

/** Nothing of that stands anywhere in a mail, as it travels and as it is read. */
export function expectDiscreet(mails: readonly ReceivedMail[]): void {
  for (const { raw, headers, text } of mails) {
    const all = [raw, ...headers.values(), text].join("\n").toLowerCase();
    expect(PERSONAL.filter((each) => all.includes(each))).toEqual([]);
  }
}

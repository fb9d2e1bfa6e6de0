/** A student stands where a code or an id belongs, and the disk fails at a file called by one: IT reads of nobody. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { APPROVER } from "../daemon/commands/demo/world.ts";
import { type Around, packetboat } from "./commands/terminal.ts";
import { fillIn } from "./desk/registrar.ts";
import { list, row } from "./desk/csv.ts";
import { leave, type Letter, nameFrom, packetXml, receiptsIn, sealed, writerAt } from "./forge.ts";
import {
  asked,
  boxOf,
  type District,
  dropRelease,
  meet,
  newWorld,
  office,
  states,
  withLedger,
} from "./homes.ts";
import type { Receipt } from "../daemon/packet/model.gen.ts";
import { startMailServer, type TestMailServer } from "./mail-server.ts";
import { dropDocument, mailFrom } from "./notices/mailed.ts";
import { watchDiskCalls } from "./privacy/disk-calls.ts";
import { fixtureText } from "./privacy/journeys.ts";
import { personalIn } from "./privacy/personal.ts";
import { spoiled, spoiledMessages } from "./privacy/spoiled.ts";
import { foundIn, ledgerAt, type Place, printedAt, readByIt } from "./privacy/told.ts";
import { inBox } from "./scene.ts";
import {
  dropStateRequest,
  newNeighbours,
  referenceAt,
  register,
  round,
} from "./state-transfers.ts";
import type { State } from "./states.ts";

let state: State;
let mail: TestMailServer;

beforeAll(async () => {
  state = await newNeighbours();
  mail = await startMailServer();
  for (const home of [state.entity, state.valley, state.prairie]) await mailFrom(home, mail);
  await round(state, state.valley, state.prairie, state.corners);
  await register(state, [{ at: state.prairie }]);
});
afterAll(async () => {
  await mail[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

const letterTo = async (to: District): Promise<Letter> => ({
  from: await writerAt(state.valley),
  to: await writerAt(to),
  at: state.clock.now(),
});

/** Where an office describes a district: what stands there is told to its registrars. */
const OF_DISTRICTS = ["OrganizationName", "AddressCity", "AddressPostalCode", "NameOfInstitution"];

/** Nothing of a student is told to IT, in whatever way. */
async function expectDiscreet(...homes: readonly District[]): Promise<void> {
  for (const home of homes) {
    expect(foundIn([...(await readByIt(home)), ...(await ledgerAt(home))])).toEqual([]);
  }
  const mails = mail.mails.map(({ raw, headers, text }): Place => [
    "a mail",
    [raw, ...headers.values(), text].join("\n"),
  ]);
  expect(foundIn(mails)).toEqual([]);
}

/** What a home has answered to valley so far. */
async function receiptsOf(home: District): Promise<Receipt[]> {
  const names = (await inBox(state, state.valley)).filter(
    (name) => name.includes(`${home.id}_`) && name.endsWith(".xml.pgp"),
  );
  const files = await Promise.all(names.map((name) => readFile(boxOf(state, state.valley, name))));
  const { from, to, at } = await letterTo(home);
  return receiptsIn(files, { from: to, to: from, at });
}

describe("commands", () => {
  it("refuse a document at a terminal without a word of what it says", async () => {
    const { valley, prairie, clock } = state;
    const file = join(state.folder, "request.xml");
    for (const text of [
      ...spoiled(await fixtureText("students/abrams-jenna.xml"), { but: OF_DISTRICTS }).filter(
        (_, index) => index % 3 === 0,
      ),
      "Abrams",
      "<Abrams>",
    ]) {
      await writeFile(file, text);
      for (const more of [[], ["--json"]]) {
        const ran = await packetboat(
          [
            "request",
            "--student",
            file,
            "--to",
            prairie.id,
            ...more,
            "--config",
            valley.configPath,
            "--as",
            "example.registrar",
          ],
          { now: clock.now() },
        );
        // An element that we do not know is called by its name to who wrote it.
        const told = (ran.stdout + ran.stderr).replaceAll("Abrams: unknown element", "");
        if (ran.exit !== 0) expect(personalIn(told)).toEqual([]);
      }
    }
  });

  it("end with a bug's kind and place, and not with what it says", async () => {
    const { prairie, clock } = state;
    using _ = watchDiskCalls((calling, [path = ""]) => {
      if (path.startsWith(office(prairie, "outbox")) && calling !== "stat")
        throw new TypeError(
          "Cannot create property 'x' on string 'Abrams, Jenna Marie, 2009-02-12'",
        );
    });
    for (const more of [[], ["--json"]]) {
      const ran = await packetboat(["exchange", ...more, "--config", prairie.configPath], {
        now: clock.now(),
      });
      expect(ran.exit).toBe(70);
      expect(personalIn(ran.stdout + ran.stderr)).toEqual([]);
      expect(ran.stderr).toContain("TypeError at ");
    }
    await expectDiscreet(prairie);
  });
});

describe("an entity's registry", () => {
  it("that is refused for its rows names nobody in them", async () => {
    const { entity, clock } = state;
    const [header = "", line = ""] = (await fixtureText("students/registry.csv")).split("\n");
    const fields = line.split(",");
    const lists = [
      [header, ...fields.map((_, index) => fields.with(index, '"Abrams, Jenna Marie"').join(","))],
      [header, fields.with(1, 'Abr"ams').join(",")],
      [header, fields.with(1, '"Abrams').join(",")],
      [line, line],
      [header, `${line},Abrams`],
    ];
    const file = join(state.folder, "registry-abrams-jenna.csv");
    for (const lines of lists) {
      await writeFile(file, `${lines.join("\n")}\n`);
      const around: Around = { now: clock.now() };
      for (const more of [[], ["--json"]]) {
        const ran = await packetboat(
          [
            "registry",
            "import",
            file,
            "--snapshot",
            ...more,
            "--config",
            entity.configPath,
            "--as",
            APPROVER,
          ],
          around,
        );
        expect(ran.exit).not.toBe(70);
        const told = (ran.stdout + ran.stderr).replaceAll(/registry-abrams-jenna\S*/g, "");
        expect.soft(personalIn(told)).toEqual([]);
      }
    }
    await meet(state, entity);
    await expectDiscreet(entity);
  });
});

describe("what an office drops", () => {
  it("as a decision that nobody understands", async () => {
    const { valley, entity, prairie } = state;
    await dropStateRequest(state);
    await round(state, valley, entity, valley, prairie);
    const reference = await referenceAt(prairie);
    const folder = office(prairie, "requests", reference);
    await fillIn(folder, {
      Decision: "Abrams, Jenna Marie",
      Reason: "born 2009-02-12",
      "Hold until": "2009-02-12",
      "Decided by": "dana.abrams@mail.example",
    });
    await mkdir(join(folder, "documents", "Abrams, Jenna Marie"));
    await writeFile(join(folder, "documents", "Abrams, Jenna Marie", "abrams-jenna.exe"), "MZ");
    await round(state, prairie);
    state.clock.pass({ minutes: 10 });
    await round(state, prairie);
    await expectDiscreet(prairie);
  });

  it.each([
    "Abrams,Jenna,2009-02-12\n",
    "StudentId,Abrams\n1,2\n",
    'StudentId,Note\n"Abr"ams",Jenna\n',
    'StudentId,Note\n0004820091173,"Abrams, Jenna Marie\n',
    "LastOrSurname,FirstName,Birthdate\nAbrams,Jenna Marie,February 12\n",
    "LastOrSurname,FirstName,Birthdate\nAbrams,,2009-02-12\n",
  ])("as a list of flagged students that cannot be read: %j", async (text) => {
    const { prairie } = state;
    const file = join(prairie.folder, "flags.csv");
    await writeFile(file, text, { mode: 0o600 });
    const { failure } = await meet(state, prairie);
    expect(personalIn(failure?.message ?? "")).toEqual([]);
    await expectDiscreet(prairie);
    await rm(file);
  });

  it("and is refused for a student in every place of it, is told to the office alone", async () => {
    const { prairie } = state;
    const names = [
      "outbox/release.xml",
      "outbox/hold.xml",
      "outbox/requests.xml",
      "outbox/request-described.xml",
      "students/abrams-jenna.record.xml",
      "students/abrams-jenna.xml",
    ];
    const known = new Set<string>();
    for (const name of names) {
      for (const [index, text] of spoiled(await fixtureText(name), {
        but: [...known, ...OF_DISTRICTS],
      }).entries())
        await dropDocument(
          prairie,
          `abrams-jenna-${name.slice(name.indexOf("/") + 1, -4)}-${index}.xml`,
          text,
        );
      for (const [, element = ""] of (await fixtureText(name)).matchAll(/<(\w+)>/g))
        known.add(element);
    }
    await dropDocument(prairie, "abrams-jenna.xml", "<Student>Abrams, Jenna Marie</Student><");
    await writeFile(office(prairie, "outbox", "abrams-jenna.exe"), "MZ");
    await writeFile(office(prairie, "outbox", "Abrams: Jenna <2009-02-12>.xml"), "Abrams");
    const usual = row();
    const rows = usual.map((_, index) =>
      usual.with(index, "Abrams, Jenna Marie").map((field) => `"${field}"`),
    );
    await writeFile(office(prairie, "outbox", "abrams-jenna.csv"), list(rows));
    await writeFile(
      office(prairie, "outbox", "abrams-jenna-2.csv"),
      list([usual.with(2, 'Abr"ams" Jenna'), usual.with(2, '"Abrams, Jenna Marie')]),
    );
    await meet(state, prairie);
    state.clock.pass({ minutes: 10 });
    await meet(state, prairie);
    const taken = await withLedger(prairie, (ledger) =>
      ledger.selectFrom("documents").select("document_id").execute(),
    );
    expect(taken.length).toBeGreaterThan(100);
    await expectDiscreet(prairie);
  });
});

describe("a packet that is refused", () => {
  it("for a student in a place of its header tells nobody of her", async () => {
    const { valley, prairie } = state;
    const letter = await letterTo(prairie);
    const honest = Buffer.from(packetXml(letter)).toString("utf8");
    const header = /<Header>[^]*<\/Header>/.exec(honest)?.[0] ?? "";
    const packets = [
      ...spoiled(header).map((each) => honest.replace(header, each)),
      honest.replace("<Ping>", '<Ping student="Abrams, Jenna Marie">'),
      honest.replace(
        "<TransferPacket",
        "<!DOCTYPE Abrams [<!ENTITY jenna '2009-02-12'>]><TransferPacket",
      ),
      honest.replace("<Ping>", "<!-- Abrams, Jenna Marie --><Ping>"),
      honest.replace("</Ping>", "</Abrams>"),
      honest.replace("urn:packetboat:transfer:1", "urn:abrams-jenna:2009-02-12"),
      honest.replace("<Messages>", "<Messages>Abrams, Jenna Marie, 2009-02-12"),
    ];
    for (const packet of packets)
      await leave(state, prairie, await sealed(packet, letter), nameFrom(valley, prairie));
    await leave(
      state,
      prairie,
      `<Student>Abrams, Jenna Marie</Student>`,
      nameFrom(valley, prairie),
    );
    await leave(state, prairie, "Abrams, Jenna Marie", "abrams-jenna.transcript.pdf");
    await leave(state, prairie, "Abrams, Jenna Marie", "Abrams, Jenna Marie 2009-02-12.xml.pgp");
    const { counts } = await meet(state, prairie);
    expect(counts.refused).toBeGreaterThan(40);
    await expectDiscreet(prairie);
    const receipts = await receiptsOf(prairie);
    expect(receipts.length).toBeGreaterThan(30);
    expect(personalIn(JSON.stringify(receipts))).toEqual([]);
  });

  it.each(["prairie", "entity"] as const)(
    "message by message tells nobody of her at %s",
    async (name) => {
      const home = state[name];
      const letter = await letterTo(home);
      const before = (await receiptsOf(home)).length;
      const messages = await spoiledMessages(letter);
      await leave(
        state,
        home,
        await sealed(packetXml(letter, {}, messages), letter),
        nameFrom(state.valley, home),
      );
      await meet(state, home);
      await expectDiscreet(home);
      const receipts = await receiptsOf(home);
      const answers = receipts.slice(before).flatMap(({ MessageReceipt = [] }) => MessageReceipt);
      expect(
        answers.filter(({ Acknowledgment }) => Acknowledgment === "Resubmit").length,
      ).toBeGreaterThan(messages.length / 2);
      expect(personalIn(JSON.stringify(receipts))).toEqual([]);
    },
  );
});

describe("commands for IT", () => {
  it.each(["prairie", "entity"] as const)("print nobody at %s", async (name) => {
    expect(foundIn(await printedAt(state[name], state.clock.now()))).toEqual([]);
  });
});

describe("a disk that fails", () => {
  it("at each file that is called by a student tells IT the failure, and not the name", async () => {
    await using world = await newWorld();
    const { prairie, valley, clock } = world;
    const reference = await asked(world);
    await dropRelease(world, reference);
    await dropDocument(prairie, "abrams-jenna-broken.xml", "<Abrams>");
    const failed = new Set<string>();
    let isWatched = false;
    const errnos = ["EACCES", "ENOSPC", "EIO"];
    using _ = watchDiskCalls((calling, paths) => {
      const path = paths.find((each) => /abrams/i.test(each));
      if (path === undefined || !isWatched) return;
      const frames = new Error().stack?.split("\n").filter((line) => /\/daemon\//.test(line)) ?? [];
      const place = `${calling} ${frames
        .slice(0, 3)
        .map((line) => line.replace(/^.*\/daemon\//, "").replace(/\)$/, ""))
        .join(" < ")}`;
      if (failed.has(place)) return;
      failed.add(place);
      const code = errnos[failed.size % errnos.length] ?? "EIO";
      throw Object.assign(new Error(`${code}: failed, ${calling} '${path}'`), {
        code,
        errno: -5,
        syscall: calling,
        path,
      });
    });
    for (let quiet = 0; quiet < 4; quiet++) {
      const before = failed.size;
      for (const home of [prairie, valley]) {
        isWatched = true;
        const ran = await packetboat(["exchange", "--config", home.configPath], {
          now: clock.now(),
        });
        isWatched = false;
        expect([
          ran.exit === 70 ? ran.stderr : "",
          [...failed].at(-1),
          personalIn(ran.stdout + ran.stderr),
        ]).toEqual(["", [...failed].at(-1), []]);
        expect([
          [...failed].at(-1),
          foundIn([...(await readByIt(home)), ...(await ledgerAt(home))]),
        ]).toEqual([[...failed].at(-1), []]);
      }
      clock.pass({ minutes: 5 });
      if (failed.size > before) quiet = -1;
    }
    // And nothing was lost by it.
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
    expect(failed.size).toBeGreaterThan(12);
  }, 240_000);
});

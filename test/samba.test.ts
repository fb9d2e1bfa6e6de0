/**
 * Registrars at both districts work over the network, on a real Samba share: nothing tells packetboat of a
 * change, it looks. What they save in place stays packetboat's file, what they make anew is theirs.
 */
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningDaemon } from "./daemons.ts";
import { startDaemon } from "./daemons.ts";
import { dropRequest, meet, newWorld, office, states, STUDENTS, withLedger } from "./homes.ts";
import type { World } from "./homes.ts";
import { noSamba, type Samba, type SambaUser, startSamba } from "./samba.ts";
import { configure, nightly } from "./scene.ts";

/** Accounts of this machine that come in over the share. */
const PEOPLE = [
  { username: "example.registrar", name: "Example Registrar", may: ["request", "release"] },
  { username: "north.registrar", name: "North Registrar", osUser: "games", may: ["release"] },
  { username: "valley.registrar", name: "Valley Registrar", osUser: "news", may: ["request"] },
];

describe.skipIf(noSamba)("registrars on a Samba share", () => {
  let world: World;
  let prairieShare: Samba;
  let valleyShare: Samba;
  let prairie: RunningDaemon;
  let desktop: string;

  beforeAll(async () => {
    world = await newWorld();
    desktop = await mkdtemp(join(tmpdir(), "packetboat-desktop-"));
    await chmod(world.folder, 0o711);
    for (const home of [world.valley, world.prairie]) {
      await chmod(home.folder, 0o711);
      shareWith(office(home));
      const ready = { unchangedForSeconds: 1, decisionUnchangedForSeconds: 120 };
      await configure(home, { at: ["dropFolders", "office", "ready"], value: ready });
      const sendOnArrival = { sendOnArrival: true, collectEveryMinutes: 5 };
      await configure(home, nightly("03:15"), { at: ["people"], value: PEOPLE });
      await configure(home, { at: ["exchanges", "watch"], value: sendOnArrival });
    }
    prairieShare = await startSamba(office(world.prairie));
    valleyShare = await startSamba(office(world.valley));
    prairie = await startDaemon(world, world.prairie);
  }, 60_000);
  afterAll(async () => {
    await prairie[Symbol.asyncDispose]();
    await prairieShare[Symbol.asyncDispose]();
    await valleyShare[Symbol.asyncDispose]();
    await rm(desktop, { recursive: true, force: true });
    await world[Symbol.asyncDispose]();
  });

  const fetched = async (share: Samba, user: SambaUser, path: string): Promise<string> => {
    const local = join(desktop, "fetched");
    await rm(local, { force: true });
    await share.as(user, `get ${path} ${local}`);
    return readFile(local, "utf8");
  };

  /** Write over the lines of the form, and save it: in its place, or as a file of one's own. */
  async function decide(
    folder: string,
    values: Readonly<Record<string, string>>,
    { inPlace }: { inPlace: boolean },
  ): Promise<void> {
    let text = await fetched(prairieShare, "games", `${folder}/decision.txt`);
    for (const [name, value] of Object.entries(values)) {
      text = text.replace(
        new RegExp(`^(${name}: *).*\r$`, "m"),
        (_, line: string) => `${line}${value}\r`,
      );
    }
    const local = join(desktop, "decision.txt");
    await writeFile(local, text);
    const saving = inPlace ? [] : [`del ${folder}/decision.txt`];
    await prairieShare.as("games", ...saving, `put ${local} ${folder}/decision.txt`);
    await waitTwoMinutes();
  }

  /** The daemon's minutes: it looks, waits until the folder has held still, and looks again. */
  async function waitTwoMinutes(): Promise<void> {
    for (let minutes = 0; minutes < 4; minutes++) {
      await prairie.look();
      world.clock.pass({ minutes: 1 });
    }
    await prairie.look();
  }

  const meetValley = async (): Promise<void> => void (await meet(world, world.valley));

  it("go from a new request to a hold, a release, an import report and a recall", async () => {
    await dropRequest(world);
    await meetValley();
    world.clock.pass({ minutes: 5 });
    await prairie.look();
    const listing = await prairieShare.as("games", "ls requests/*");
    const reference = /([0-9A-Z]{4}-[0-9A-Z]{4}) +D/.exec(listing)?.[1] ?? "";
    const folder = `requests/${reference}`;
    expect(await fetched(prairieShare, "games", `${folder}/request.html`)).toContain("Abrams");

    const hold = {
      Decision: "hold",
      Reason: "AwaitingFinalMarks",
      "Decided by": "north.registrar",
    };
    await decide(folder, { ...hold, "Hold until": "2024-08-30" }, { inPlace: true });
    expect(await fetched(prairieShare, "games", `${folder}/status.txt`)).toContain(
      "On hold until August 30, 2024",
    );
    expect((await states(world))[1]).toBe("OnHold");

    const transcript = join(STUDENTS, "abrams-jenna.transcript.pdf");
    await prairieShare.as("games", `put ${transcript} "${folder}/documents/Transcript 2024.pdf"`);
    const release = {
      Decision: "release",
      Reason: "",
      "Hold until": "",
      "Decided by": "north.registrar",
    };
    await decide(folder, release, { inPlace: false });
    world.clock.pass({ minutes: 5 });
    await prairie.look();
    expect((await states(world))[1]).toBe("Released");
    const done = `done/${reference}`;
    expect(await prairieShare.as("games", `ls ${done}/*`)).toContain("status.txt");

    await meetValley();
    expect(await valleyShare.as("news", `ls records/${reference}/*`)).toContain(
      "01-Transcript 2024.pdf",
    );
    const empty = join(desktop, "imported.txt");
    await writeFile(empty, "");
    await valleyShare.as("news", `put ${empty} records/${reference}/imported.txt`);
    await meetValley();
    expect((await states(world))[0]).toBe("Imported");
    world.clock.pass({ minutes: 5 });
    await prairie.look();

    const recall = { Decision: "recall", Reason: "WrongStudent", "Decided by": "north.registrar" };
    await decide(done, recall, { inPlace: false });
    expect(await fetched(prairieShare, "games", `${done}/status.txt`)).toContain("CALL THEM NOW");
    world.clock.pass({ minutes: 5 });
    await prairie.look();
    await meetValley();
    const left = await valleyShare.as("news", "ls records/*");
    expect(left).toContain(`${reference}-recalled`);
    expect(left).not.toMatch(new RegExp(`${reference} +D`));
  });

  it("are told apart by whose file it is", async () => {
    const known = await withLedger(world.prairie, (ledger) =>
      ledger
        .selectFrom("transfer_events")
        .select(["event", "who", "authentication"])
        .where("authentication", "is not", null)
        .execute(),
    );
    expect(known).toEqual([
      { event: "Hold", who: "north.registrar", authentication: "Declared" },
      { event: "Release", who: "north.registrar", authentication: "OperatingSystem" },
      { event: "Recall", who: "north.registrar", authentication: "OperatingSystem" },
    ]);
  });
});

/** As `init` prints it: the share's people may use what lies there. */
function shareWith(folder: string): void {
  execFileSync("sh", ["-c", `chgrp -R games "$1" && chmod -R g+rwX "$1"`, "sh", folder]);
}

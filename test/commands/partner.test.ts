import { copyFile, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLedger } from "../../daemon/ledger/connect.ts";
import { findAgency } from "../../daemon/ledger/agencies.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { type Home, newHome, temporaryFolder } from "./home.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let ours: Home;
let theirs: Home;
beforeAll(async () => {
  folder = await temporaryFolder();
  theirs = await newHome(folder.path, "4808940", "--state=TX", "--city=Austin", "--zip=78703");
});
afterAll(() => folder[Symbol.asyncDispose]());

/** A home of our own for each test, so that none sees another's partners. */
const at = async (test: string): Promise<Home> => newHome(join(folder.path, test), "2700105");
const partner = (action: string, ...more: string[]): string[] => [
  "partner",
  action,
  ...more,
  "--config",
  ours.config,
];

describe("a partner", () => {
  it("is added by its card and the fingerprint that was read out", async () => {
    ours = await at("added");
    const spoken = theirs.fingerprint.toLowerCase().replaceAll(/(.{4})/g, "$1 ");
    expect(await resultOf(partner("add", theirs.card, "--fingerprint", spoken))).toEqual({
      agencyId: "4808940",
      name: "District 4808940",
      change: "added",
      fingerprint: theirs.fingerprint,
    });
    expect(await resultOf(partner("list"))).toMatchObject([
      { agencyId: "4808940", state: "TX", city: "Austin", fingerprint: theirs.fingerprint },
    ]);
    const { stdout } = await packetboat(partner("list"));
    expect(stdout).toMatch(/^Id .*Fingerprint.*\n4808940 +District 4808940 +Austin +TX /);
  });

  it("is not added by a file that is larger than any card, or is none", async () => {
    ours = await at("large");
    const large = join(folder.path, "large.xml");
    await writeFile(large, "");
    // Of which nothing takes room on the disk.
    await truncate(large, 2 ** 33);
    expect(await errorOf(partner("add", large))).toMatchObject({
      code: "CARD_INVALID",
      message: `${large} has more than 140000 bytes`,
    });
    for (const none of ["/dev/zero", folder.path]) {
      expect(await errorOf(partner("add", none))).toMatchObject({
        code: "FILE_UNREADABLE",
        message: expect.stringContaining(none) as string,
      });
    }
  });

  it("is added by a link to its card", async () => {
    ours = await at("linked");
    const link = join(folder.path, "link.xml");
    await symlink(theirs.card, link);
    const added = partner("add", link, "--fingerprint", theirs.fingerprint);
    expect(await resultOf(added)).toMatchObject({ agencyId: "4808940", change: "added" });
  });

  it("is not added unless somebody confirms it", async () => {
    ours = await at("confirmed");
    expect(await errorOf(partner("add", theirs.card))).toMatchObject({
      code: "CONFIRMATION_NEEDED",
      message: expect.stringContaining(theirs.fingerprint.slice(0, 4)) as string,
    });
    const declined = await packetboat(partner("add", theirs.card), { typing: "no" });
    expect(declined.exit).toBe(2);
    expect(declined.stderr).toContain("Did its owner read out this fingerprint?");
    expect(await resultOf(partner("list"))).toEqual([]);
    expect((await packetboat(partner("add", theirs.card), { typing: "yes" })).exit).toBe(0);
    expect(await resultOf(partner("list"))).toHaveLength(1);
  });

  it("is not added by another fingerprint, and that is a matter of security", async () => {
    ours = await at("other-fingerprint");
    const argv = partner("add", theirs.card, "--fingerprint", ours.fingerprint);
    expect(await errorOf(argv)).toMatchObject({ code: "FINGERPRINT_DIFFERS" });
    expect((await packetboat(argv)).exit).toBe(5);
    expect(await resultOf(partner("list"))).toEqual([]);
  });

  it("is not added by a card that was altered, is missing, or is our own", async () => {
    ours = await at("altered");
    const altered = join(ours.home, "altered.xml");
    const text = await readFile(theirs.card, "utf8");
    await writeFile(altered, text.replace(/(\n\n.{30})./, "$1!"));
    expect(await errorOf(partner("add", altered))).toMatchObject({ code: "CARD_INVALID" });
    expect(await errorOf(partner("add", "nowhere.xml"))).toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(await errorOf(partner("add", ours.card))).toMatchObject({ code: "CARD_UNFIT" });
  });

  it("may replace its card without a question while its key stays, but not by an older one", async () => {
    ours = await at("replaced");
    const old = join(ours.home, "old.xml");
    await copyFile(theirs.card, old);
    await resultOf(partner("add", old, "--fingerprint", theirs.fingerprint));
    const later = { now: new Date(Date.now() + 60_000) };
    await resultOf(["keys", "card", "--config", theirs.config], later);
    expect(await resultOf(partner("add", theirs.card), later)).toMatchObject({
      change: "replaced",
    });
    const refused = await errorOf(partner("add", old), later);
    expect(refused.code).toBe("CARD_INVALID");
    expect(refused.message).toContain("before the one that is known");
  });

  it("needs a person when it comes with another key", async () => {
    ours = await at("rekeyed");
    const again = await newHome(join(folder.path, "rekeyed-theirs"), "4808940");
    await resultOf(partner("add", theirs.card, "--fingerprint", theirs.fingerprint));
    expect(await errorOf(partner("add", again.card))).toMatchObject({
      code: "CONFIRMATION_NEEDED",
    });
    const asked = await packetboat(partner("add", again.card), { typing: "no" });
    expect(asked.stderr).toContain("This is another key than the one that is known");
    const confirmed = partner("add", again.card, "--fingerprint", again.fingerprint);
    expect(await resultOf(confirmed)).toMatchObject({ change: "replaced" });
  });

  it("is remembered with its card word for word, and who added it", async () => {
    ours = await at("remembered");
    await resultOf(
      partner("add", theirs.card, "--fingerprint", theirs.fingerprint, "--as", "it.person"),
    );
    const ledger = await openLedger(join(ours.home, "state/ledger.sqlite"));
    const row = await findAgency(ledger, parseAgencyId("4808940"));
    await ledger.destroy();
    expect(row).toMatchObject({
      signed_card: await readFile(theirs.card, "utf8"),
      added_by: "it.person",
    });
  });

  it("is removed after a question, or by its fingerprint", async () => {
    ours = await at("removed");
    await resultOf(partner("add", theirs.card, "--fingerprint", theirs.fingerprint));
    expect(await errorOf(partner("remove", "4808940"))).toMatchObject({
      code: "CONFIRMATION_NEEDED",
    });
    expect(
      await errorOf(partner("remove", "4808940", "--fingerprint", ours.fingerprint)),
    ).toMatchObject({ code: "FINGERPRINT_DIFFERS" });
    expect(
      await resultOf(partner("remove", "4808940", "--fingerprint", theirs.fingerprint)),
    ).toMatchObject({ agencyId: "4808940" });
    expect(await errorOf(partner("remove", "4808940"))).toMatchObject({ code: "PARTNER_UNKNOWN" });
    const { stdout } = await packetboat(partner("list"));
    expect(stdout).toMatch(/^No partners yet/);
  });
});

describe("locate", () => {
  it("finds partners by state and what else is known", async () => {
    ours = await at("located");
    await resultOf(partner("add", theirs.card, "--fingerprint", theirs.fingerprint));
    const locate = (...more: string[]) => ["locate", "--config", ours.config, ...more];
    expect(await resultOf(locate("--state", "tx", "--city", "austin"))).toMatchObject([
      { agencyId: "4808940", zip: "78703" },
    ]);
    expect(await resultOf(locate("--state", "MN"))).toEqual([]);
    expect(await errorOf(locate("--state", "Texas"))).toMatchObject({ code: "USAGE" });
    const { exit, stdout } = await packetboat(locate("--state", "MN"));
    expect([exit, stdout]).toEqual([0, expect.stringMatching(/^No district of MN is known/)]);
  });
});

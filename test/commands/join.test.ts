/** A district joins the entity of its state, and need not type where its server is. */
import { chmod, lstat, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../daemon/config.ts";
import { type Home, initArgs, newHome, temporaryFolder } from "./home.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

const HOST_KEY = `SHA256:${"k".repeat(43)}`;
const SERVER = {
  address: "sftp://lea2700105@sftp.state.example:2222/boxes/2700105",
  hostKeys: [HOST_KEY],
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let state: Home;
const entity = async (name: string, id: string, ...more: string[]): Promise<Home> =>
  (await resultOf([
    ...initArgs(join(folder.path, name), id, "--role=entity"),
    "--public-address=sftp://sftp.state.example:2222",
    `--host-key=${HOST_KEY}`,
    ...more,
  ])) as Home;
beforeAll(async () => {
  folder = await temporaryFolder();
  state = await entity("state", "2700000");
});
afterAll(() => folder[Symbol.asyncDispose]());

const district = async (name: string, ...more: string[]): Promise<Home> =>
  (await resultOf(initArgs(join(folder.path, name), "2700105", ...more))) as Home;
const joinArgs = (home: Home, card: string, ...more: string[]): string[] => [
  "join",
  card,
  "--config",
  home.config,
  ...more,
];
const pinned = (home: Home, entityHome = state): string[] =>
  joinArgs(home, entityHome.card, "--fingerprint", entityHome.fingerprint);

describe("join", () => {
  it("pins the entity and fills in its server, where init left a comment", async () => {
    const home = await district("fills");
    await chmod(home.config, 0o600);
    const link = join(home.home, "link.yaml");
    await symlink(home.config, link);
    expect(await resultOf(pinned({ ...home, config: link }))).toEqual({
      agencyId: "2700000",
      name: "District 2700000",
      change: "added",
      fingerprint: state.fingerprint,
      server: { ...SERVER, config: "filled" },
    });
    expect((await readConfig(home.config)).server).toMatchObject(SERVER);
    const text = await readFile(home.config, "utf8");
    expect(text).toContain("\n  # The key we log in with. A relative path starts at `home`.\n");
    expect((await stat(home.config)).mode & 0o777).toBe(0o600);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    const { stdout } = await packetboat(pinned(home));
    expect(stdout).toContain(`Its server is the one of the config: ${SERVER.address}`);
    expect(stdout).toContain(`1. Mail ${home.card} to the entity`);
    expect(stdout).toContain("packetboat ping 2700000");
  });

  it("leaves alone what a person wrote, and shows the lines to write", async () => {
    const elsewhere = `--drop-box=sftp://lea2700105@other.example/boxes/2700105`;
    const settled = await district("settled", elsewhere, `--host-key=${HOST_KEY}`);
    const begun = await district("begun", elsewhere);
    const removed = await district("removed");
    const text = await readFile(removed.config, "utf8");
    await writeFile(removed.config, text.replace(/^# server:\n(?:# .*\n)+/m, ""));
    for (const [home, config] of [
      [settled, "differs"],
      [begun, "unwritten"],
      [removed, "unwritten"],
    ] as const) {
      const before = await readFile(home.config, "utf8");
      expect(await resultOf(pinned(home))).toMatchObject({ server: { ...SERVER, config } });
      expect(await readFile(home.config, "utf8")).toBe(before);
      const { stdout } = await packetboat(pinned(home));
      const lines = `  server:\n    address: "${SERVER.address}"\n    hostKeys: ["${HOST_KEY}"]\n`;
      expect(stdout).toContain(lines);
    }
  });

  it("says so when the card names no server", async () => {
    const bare = (await resultOf(
      initArgs(join(folder.path, "bare"), "2700000", "--role=entity"),
    )) as Home;
    const home = await district("without-server");
    expect(await resultOf(pinned(home, bare))).toMatchObject({ server: null });
    const { stdout } = await packetboat(pinned(home, bare));
    expect(stdout).toContain("Its card names no server");
  });

  it("asks a person to compare the fingerprint", async () => {
    const home = await district("asks");
    expect(await errorOf(joinArgs(home, state.card))).toMatchObject({
      code: "CONFIRMATION_NEEDED",
    });
    const declined = await packetboat(joinArgs(home, state.card), { typing: "no" });
    expect([declined.exit, declined.stderr]).toEqual([
      2,
      expect.stringContaining("Did its owner read out this fingerprint?"),
    ]);
    const wrong = joinArgs(home, state.card, "--fingerprint", home.fingerprint);
    expect(await errorOf(wrong)).toMatchObject({ code: "FINGERPRINT_DIFFERS" });
    expect((await readConfig(home.config)).server).toBeUndefined();
    expect((await packetboat(joinArgs(home, state.card), { typing: "yes" })).exit).toBe(0);
  });

  it("asks again for another key, and for another entity, which replaces the first", async () => {
    const home = await district("again");
    await resultOf(pinned(home));
    const rekeyed = await entity("rekeyed", "2700000");
    expect(await errorOf(joinArgs(home, rekeyed.card))).toMatchObject({
      code: "CONFIRMATION_NEEDED",
    });
    expect(await resultOf(pinned(home, rekeyed))).toMatchObject({ change: "replaced" });
    const region = await entity("region", "2700001");
    const asked = await packetboat(joinArgs(home, region.card), { typing: "no" });
    expect(asked.stderr).toContain("You have joined District 2700000 (2700000) before.");
    expect(await resultOf(pinned(home, region))).toMatchObject({ change: "added" });
    const partners = await resultOf(["partner", "list", "--config", home.config]);
    expect(partners).toMatchObject([{ agencyId: "2700001" }]);
  });

  it("refuses a district's card, and the entity of another state, in words", async () => {
    const home = await district("refuses");
    const neighbour = await newHome(join(folder.path, "neighbour"), "2700417");
    const other = await entity("other-state", "3900000", "--state=OH");
    for (const [card, sentence] of [
      [neighbour, "2700417 is a district, and no entity: packetboat partner add CARD"],
      [other, "3900000 is no entity of our state: its id would be 2700000, for ours is 2700105"],
    ] as const) {
      const error = await errorOf(joinArgs(home, card.card, "--fingerprint", card.fingerprint));
      expect(error).toMatchObject({ code: "CARD_UNFIT", message: sentence });
    }
    expect(await errorOf(joinArgs(state, state.card))).toMatchObject({ code: "ROLE_DIFFERS" });
    const asPartner = ["partner", "add", state.card, "--config", home.config];
    expect(await errorOf(asPartner)).toMatchObject({
      code: "CARD_UNFIT",
      message: expect.stringContaining("packetboat join CARD") as string,
    });
    expect(await resultOf(["partner", "list", "--config", home.config])).toEqual([]);
  });
});

import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig, serverOf } from "../../daemon/config.ts";
import { readCard } from "../../daemon/directory/card.ts";
import { exists } from "../../daemon/disk.ts";
import { loadOurKeys } from "../../daemon/keys/keyring.ts";
import { type Home, initArgs, newHome, temporaryFolder } from "./home.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

const modeOf = async (path: string): Promise<string> =>
  ((await stat(path)).mode & 0o7777).toString(8);
const KEY = "SHA256:kSY2dmTanzqHch01JP/OMXdWmsEdje6ZJRJ39zPcgd8";

describe("a new home", () => {
  it("has a config in mode test that loads, and keys and a card that fit it", async () => {
    await using folder = await temporaryFolder();
    const { home, config: path, card, fingerprint } = await newHome(folder.path, "2700105");
    const config = await readConfig(path);
    expect(config).toMatchObject({
      role: "district",
      mode: "test",
      home,
      agency: {
        id: "2700105",
        name: "District 2700105",
        zip: "55001",
        timeZone: "America/Chicago",
      },
      dropFolders: { office: { path: join(home, "office") } },
      people: [],
    });
    const keys = await loadOurKeys(join(home, "keys"));
    expect(keys.present.publicKey.fingerprint).toBe(fingerprint);
    const read = await readCard(await readFile(card), new Date());
    expect(read).toMatchObject({ agencyId: "2700105", fingerprint });
  });

  it("keeps private what is private, and shares what is shared", async () => {
    await using folder = await temporaryFolder();
    const { home } = await newHome(folder.path, "2700105");
    const modes: Record<string, string> = {};
    for (const name of await readdir(home, { recursive: true })) {
      modes[name] = await modeOf(join(home, name));
    }
    expect(modes).toEqual({
      "enrolment.xml": "644",
      keys: "700",
      "keys/openpgp.asc": "600",
      "keys/ssh_ed25519": "600",
      "keys/ssh_ed25519.pub": "644",
      office: "2770",
      "office/done": "2770",
      "office/letters": "2770",
      "office/outbox": "2770",
      "office/records": "2770",
      "office/refused": "2770",
      "office/requests": "2770",
      "office/sent": "2770",
      "packetboat.yaml": "640",
      quarantine: "700",
      reports: "711",
      "reports/it": "2770",
      "reports/registrar": "2770",
      state: "700",
      "state/intake": "700",
      "state/sealed": "700",
      "state/staging": "700",
    });
    expect(await modeOf(home)).toBe("711");
    expect(await modeOf(join(folder.path, "boxes/2700105"))).toBe("3733");
    expect(await modeOf(join(folder.path, "boxes/2700105/test"))).toBe("3733");
  });

  it("says its fingerprints and what comes next", async () => {
    await using folder = await temporaryFolder();
    const { exit, stdout, stderr } = await packetboat(
      initArgs("mine", "2700105", "--drop-box=sftp://lea@host.example/boxes/2700105"),
      { cwd: folder.path },
    );
    expect([exit, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/OpenPGP fingerprint: (?:[0-9A-F]{4} ){9}[0-9A-F]{4}\n/);
    expect(stdout).toMatch(/SSH fingerprint: {5}SHA256:/);
    expect(stdout).toContain("Ask them for the server's host key");
    expect(stdout).toContain(`packetboat --config ${folder.path}/mine/packetboat.yaml check`);
  });

  it("keeps a server without host key in a comment, for nothing may be trusted unseen", async () => {
    await using folder = await temporaryFolder();
    const address = "sftp://lea@host.example:2222/boxes/2700105";
    const box = `--drop-box=${address}`;
    const made = (await resultOf(initArgs(join(folder.path, "a"), "2700105", box))) as Home;
    expect(made).toMatchObject({ hasServer: false });
    expect((await readConfig(made.config)).server).toBeUndefined();
    expect(await readFile(made.config, "utf8")).toContain(`#   address: "${address}"`);

    const pinned = initArgs(join(folder.path, "b"), "2700105", box, `--host-key=${KEY}`);
    const other = (await resultOf(pinned)) as Home;
    expect(serverOf(await readConfig(other.config))).toMatchObject({ address, hostKeys: [KEY] });
  });

  it("takes values that would break out of YAML as they are", async () => {
    await using folder = await temporaryFolder();
    const args = initArgs(
      folder.path,
      "2700105",
      '--name=Saint "X": # {a} \\ é',
      "--phone=555-555-0100",
    );
    const { config } = (await resultOf(args)) as Home;
    expect((await readConfig(config)).agency).toMatchObject({
      name: 'Saint "X": # {a} \\ é',
      phone: "555-555-0100",
    });
  });

  it("is made after a question where somebody sits, and not without a yes", async () => {
    await using folder = await temporaryFolder();
    const args = initArgs(join(folder.path, "home"), "2700105");
    expect((await packetboat(args, { typing: "no" })).exit).toBe(2);
    expect(await exists(join(folder.path, "home"))).toBe(false);
    const agreed = await packetboat(args, { typing: "yes" });
    expect(agreed.stderr).toContain("Make it? [yes/no]");
    expect(agreed.exit).toBe(0);
  });
});

describe("init refuses", () => {
  it("a folder with anything in it, and leaves it as it was", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "notes.txt"), "mine");
    expect(await errorOf(initArgs(folder.path, "2700105"))).toMatchObject({ code: "HOME_EXISTS" });
    expect(await readdir(folder.path)).toEqual(["notes.txt"]);
    expect(await errorOf(initArgs(join(folder.path, "notes.txt"), "2700105"))).toMatchObject({
      code: "HOME_EXISTS",
    });
  });

  it.each<[string, string[], string]>([
    ["an id that is none", ["--agency-id=27001"], "ID_INVALID"],
    ["an entity's id for a district", ["--agency-id=2700000"], "USAGE"],
    ["a district's id for an entity", ["--role=entity"], "USAGE"],
    [
      "a drop box for an entity",
      ["--role=entity", "--agency-id=2700000", "--drop-box=file:///b/2700000"],
      "USAGE",
    ],
    ["a state that is none", ["--state=Minnesota"], "USAGE"],
    ["a ZIP that is none", ["--zip=5501"], "USAGE"],
    ["a time zone that is none", ["--time-zone=Mars/Base"], "USAGE"],
    ["a box of another agency", ["--drop-box=file:///srv/boxes/2700106"], "USAGE"],
    ["a box that is no address", ["--drop-box=/srv/boxes/2700105"], "USAGE"],
    ["a host key that is none", ["--drop-box=sftp://a@b/2700105", "--host-key=x"], "USAGE"],
  ])("%s, and makes nothing", async (_, more, code) => {
    await using folder = await temporaryFolder();
    const dir = join(folder.path, "home");
    const error = await errorOf(initArgs(dir, "2700105", ...more));
    expect(error.code).toBe(code);
    expect(await exists(dir)).toBe(false);
  });

  it("to leave half a home behind when the disk refuses", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "boxes"), "a file where the boxes should be");
    const box = `--drop-box=file://${folder.path}/boxes/2700105`;
    const dir = join(folder.path, "home");
    const error = await errorOf(initArgs(dir, "2700105", box));
    expect(["DISK_FAILED", "FOLDER_MISSING", "FILE_EXISTS"]).toContain(error.code);
    expect(await exists(dir)).toBe(false);
    await mkdir(dir);
    await errorOf(initArgs(dir, "2700105", box));
    expect(await readdir(dir)).toEqual([]);
  });
});

describe("keys", () => {
  it("are shown by their fingerprints, never by their secrets", async () => {
    await using folder = await temporaryFolder();
    const { config, fingerprint, home } = await newHome(folder.path, "2700105");
    const result = await resultOf(["keys", "show", "--config", config]);
    expect(result).toMatchObject({ openpgp: { fingerprint, standing: "good" } });
    const { stdout } = await packetboat(["keys", "show", "--config", config]);
    expect(stdout).toMatch(/OpenPGP fingerprint: [0-9A-F ]{49}\n/);
    expect(stdout).not.toContain("PRIVATE");
    await chmod(join(home, "keys/openpgp.asc"), 0o644);
    expect(await errorOf(["keys", "show", "--config", config])).toMatchObject({
      code: "CONFIG_UNSAFE",
    });
  });

  it("stand in a card that is written again when the config changes", async () => {
    await using folder = await temporaryFolder();
    const { config, card, fingerprint } = await newHome(folder.path, "2700105");
    const people = 'people: [{ username: a.b, name: "A B", may: [request] }]\n';
    await writeFile(config, `${await readFile(config, "utf8")}${people}`);
    expect(await resultOf(["keys", "card", "--config", config])).toMatchObject({ fingerprint });
    const read = await readCard(await readFile(card), new Date());
    expect(read.card.Person).toEqual([{ Username: "a.b", PersonName: "A B" }]);
  });
});

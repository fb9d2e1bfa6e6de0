import {
  appendFile,
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  districtOf,
  editConfig,
  entityOf,
  homePaths,
  parseBoxAddress,
  parseConfig,
  readConfig,
  serverOf,
} from "../daemon/config.ts";
import { PacketboatError } from "../daemon/errors.ts";
import { changed, FAULTY, SMALLEST } from "./config/faulty.ts";

const example = await readFile("config/packetboat.example.yaml", "utf8");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packetboat-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

function refusalOf(action: () => unknown): PacketboatError {
  try {
    action();
  } catch (error) {
    if (error instanceof PacketboatError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function faultsOf(text: string): readonly string[] {
  const refusal = refusalOf(() => parseConfig(text, "packetboat.yaml"));
  expect(refusal.code).toBe("CONFIG_INVALID");
  return refusal.facts.faults as readonly string[];
}

describe("a config that is right", () => {
  it("is the example that is shipped, word for word", () => {
    const config = parseConfig(example, "packetboat.example.yaml");
    expect(config.agency).toMatchObject({ id: "2700105", stateNumber: "0275", zip: "55001" });
    expect(config.people[0]).toMatchObject({ osUser: "nregistrar", may: ["request", "release"] });
    expect(config.deadlines.noSchool).toEqual(["2026-12-21..2027-01-01", "2027-01-18"]);
  });

  it("is the example for an entity, with its box beside those of the districts", async () => {
    const text = await readFile("config/packetboat-entity.example.yaml", "utf8");
    const config = entityOf(parseConfig(text, "packetboat-entity.example.yaml"));
    expect(config.server.address).toBe("file:///srv/packetboat/boxes/2700000");
    expect(config.dropFolders).toEqual({});
    expect(config.deadlines.noSchool).toEqual(config.followUp.noSchool);
    expect(() => districtOf(config)).toThrow(
      expect.objectContaining({ code: "ROLE_DIFFERS" }) as Error,
    );
  });

  it("has a safe value wherever the file is silent", () => {
    const config = parseConfig(SMALLEST, "packetboat.yaml");
    expect(config.releases).toEqual({
      holdBackMinutes: 60,
      allowDeclaredUser: false,
      annualNoticeCoversTransfers: false,
      reasonsNotAllowed: [],
    });
    expect(config.deadlines).toEqual({
      answerWithinSchoolDays: 10,
      remindAfterSchoolDays: 2,
      escalateAfterSchoolDays: 5,
      escalateTo: [],
      noSchool: [],
    });
    expect(config.dropFolders.office).toMatchObject({ sourceSystem: false, csv: { columns: {} } });
    // Nothing is mailed and nothing deleted unless somebody said so.
    expect([config.mail, config.keep]).toEqual([undefined, undefined]);
    expect(config.limits).toEqual({
      packetMegabytes: 8,
      messagesPerPacket: 100,
      attachmentMegabytes: 100,
      perSender: { waitingFiles: 20_000, waitingMegabytes: 2000 },
    });
    expect(config.dropFolders["office"]?.ready.unchangedForSeconds).toBe(10);
    expect([config.people, config.schools]).toEqual([[], []]);
  });

  it("may still lack a server, and says so where one is needed", () => {
    const config = parseConfig(SMALLEST, "packetboat.yaml");
    expect(refusalOf(() => serverOf(config))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("starts a relative identityFile at the home", () => {
    const config = parseConfig(
      `${SMALLEST}server: { address: "file:///srv/boxes/2700105", identityFile: keys/mine }\n`,
      "packetboat.yaml",
    );
    expect(serverOf(config).identityFile).toBe("/var/lib/packetboat/keys/mine");
  });

  it("keeps everything private below the home", () => {
    const { home, ...paths } = homePaths(parseConfig(SMALLEST, "packetboat.yaml"));
    for (const path of Object.values(paths)) expect(path.startsWith(`${home}/`)).toBe(true);
  });

  it("takes a district whose id looks like a region's, as Alaska and Alabama have", () => {
    expect(parseConfig(changed("2700105", "0200001"), "x").agency.id).toBe("0200001");
  });
});

describe("a config of one role", () => {
  it("must not have what the other has, nor lack its own", async () => {
    const asEntity = SMALLEST.replace("role: district", "role: entity");
    expect(faultsOf(asEntity).map((fault) => fault.replace(/^[^ ]+ /, ""))).toEqual(
      expect.arrayContaining([
        "directory: is required of an entity",
        "registry: is required of an entity",
        "dropFolders: is for the role district only",
        "reports.registrar: is for the role district only",
      ]),
    );
    const text = await readFile("config/packetboat-entity.example.yaml", "utf8");
    const asDistrict = text.replace("role: entity", "role: district");
    expect(faultsOf(asDistrict).map((fault) => fault.replace(/^[^ ]+ /, ""))).toEqual(
      expect.arrayContaining([
        "dropFolders: is required of a district",
        "reports.registrar: is required of a district",
        "directory: is for the role entity only",
        "server: address is required of a district",
        "people[1].may: approveDistricts is a right at an entity only",
      ]),
    );
  });

  it("does not lend itself to the other", () => {
    const config = parseConfig(SMALLEST, "packetboat.yaml");
    expect(() => entityOf(config)).toThrow(
      expect.objectContaining({ code: "ROLE_DIFFERS" }) as Error,
    );
  });
});

describe("a config with faults", () => {
  it("is told all of them at once, with line, place and the nearest known name", () => {
    const faults = faultsOf(`role: distrikt
mode: test
agency:
  id: 2700105
  name: Example Public Schools
  citty: Example City
  state: Minnesota
  zip: 01234
  timeZone: America/Chicagoo
home: packetboat
server:
  address: sftp://lea2700105@sftp.state.example/boxes/2700105
  hostkeys: ["SHA256:kSY2dmTanzqHch01JP/OMXdWmsEdje6ZJRJ39zPcgd8"]
people:
  - username: north.registrar
    name: North Registrar
    may: [request, relaese]
    workphone: 555-555-0100
limits: { packetMegabytes: "8" }
dropfolders: {}
`);
    expect(faults).toEqual([
      "packetboat.yaml:1: reports is required",
      "packetboat.yaml:1: role: must be one of district, entity",
      "packetboat.yaml:3: agency: city is required",
      'packetboat.yaml:4: agency.id: must be text: put it in quotes, "2700105"',
      "packetboat.yaml:6: agency.citty: unknown setting, did you mean city?",
      "packetboat.yaml:7: agency.state: must be two capital letters, like MN",
      'packetboat.yaml:8: agency.zip: must be text: put it in quotes, "01234"',
      "packetboat.yaml:10: home: must be a whole path that begins with /",
      "packetboat.yaml:13: server.hostkeys: unknown setting, did you mean hostKeys?",
      "packetboat.yaml:17: people[1].may[2]: must be one of request, release, approveDistricts, approveKeyChanges",
      "packetboat.yaml:18: people[1].workphone: unknown setting, did you mean workPhone?",
      "packetboat.yaml:19: limits.packetMegabytes: must be a whole number",
      "packetboat.yaml:20: dropfolders: unknown setting, did you mean dropFolders?",
    ]);
  });

  it("is told of rules between settings beside faults of form in other sections", () => {
    const faults = faultsOf(
      `${SMALLEST}server:
  address: sftp://lea@sftp.state.example/boxes/2700105
  hostkeys: [x]
people: 7
`,
    );
    expect(faults).toEqual([
      "packetboat.yaml:16: server: hostKeys is required: ask the server's administrator",
      "packetboat.yaml:18: server.hostkeys: unknown setting, did you mean hostKeys?",
      "packetboat.yaml:19: people: must be a list",
    ]);
  });

  it.each(FAULTY)("is refused for %s", (_, text, fault) => {
    expect(faultsOf(text)).toContain(fault);
  });

  it("is refused when two names lead to one folder", async () => {
    const real = join(folder, "real");
    const link = join(folder, "link");
    await mkdir(real);
    await symlink(real, link);
    const text = changed(
      "path: /srv/exchange/office }",
      `path: ${real} }\n  sis: { path: ${link} }`,
    );
    expect(faultsOf(text)).toEqual([
      "packetboat.yaml:13: dropFolders.sis.path: is the same folder as dropFolders.office.path",
    ]);
  });
});

describe("a config on the disk", () => {
  /** A config whose home is a new folder with a key in it. */
  async function homeWith(modes: {
    keys?: number;
    key?: number;
    config?: number;
    home?: number;
  }): Promise<string> {
    const home = await mkdtemp(join(folder, "home-"));
    await mkdir(join(home, "keys"));
    await writeFile(join(home, "keys", "openpgp.asc"), "");
    await chmod(join(home, "keys"), modes.keys ?? 0o700);
    await chmod(join(home, "keys", "openpgp.asc"), modes.key ?? 0o600);
    const path = join(home, "packetboat.yaml");
    await writeFile(path, changed("/var/lib/packetboat", home));
    await chmod(path, modes.config ?? 0o640);
    await chmod(home, modes.home ?? 0o711);
    return path;
  }

  it("is read when its private files are private", async () => {
    const config = await readConfig(await homeWith({}));
    expect(config.role).toBe("district");
  });

  it.each([
    [{ key: 0o644 }, "packetboat.yaml:10: home: openpgp.asc has mode 0644"],
    [{ keys: 0o755 }, "packetboat.yaml:10: home: keys has mode 0755"],
    [{ config: 0o666 }, "packetboat.yaml:1: this file has mode 0666: anybody may change it"],
    [
      { home: 0o777 },
      "packetboat.yaml:10: home: it has mode 0777: anybody may replace what lies in it",
    ],
  ])("is refused when others may use what is private: %o", async (modes, fault) => {
    const refusal = await readConfig(await homeWith(modes)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "CONFIG_UNSAFE", exit: 2 });
    expect((refusal as PacketboatError).facts.faults).toEqual([expect.stringContaining(fault)]);
  });

  it("is read in a home that others may write in, if each may replace their own files alone", async () => {
    const config = await readConfig(await homeWith({ home: 0o1777 }));
    expect(config.role).toBe("district");
  });

  it("is refused in a folder of its own that others may write in", async () => {
    const path = await homeWith({});
    const elsewhere = await mkdtemp(join(folder, "open-"));
    const moved = join(elsewhere, "packetboat.yaml");
    await rename(path, moved);
    await chmod(elsewhere, 0o777);
    const refusal = await readConfig(moved).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "CONFIG_UNSAFE" });
    expect((refusal as PacketboatError).facts.faults).toEqual([
      expect.stringContaining(
        "the folder of this file has mode 0777: anybody may replace what lies in it",
      ),
    ]);
  });

  it.runIf(process.getuid?.() === 0)("is refused when somebody else owns it", async () => {
    const path = await homeWith({});
    await chown(path, 65534, 65534);
    const refusal = await readConfig(path).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "CONFIG_UNSAFE" });
    expect((refusal as PacketboatError).facts.faults).toEqual([
      "packetboat.yaml:1: this file belongs to user 65534, who may change it: give it to root or to the user that runs packetboat",
    ]);
  });

  it("is refused when others may read the SSH key that it names", async () => {
    const path = await homeWith({});
    const identity = join(folder, "identity");
    await writeFile(identity, "");
    await chmod(identity, 0o644);
    const hostKey = "SHA256:kSY2dmTanzqHch01JP/OMXdWmsEdje6ZJRJ39zPcgd8";
    await appendFile(
      path,
      `server:\n  address: sftp://lea@host/2700105\n  hostKeys: ["${hostKey}"]\n  identityFile: ${identity}\n`,
    );
    const refusal = await readConfig(path).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "CONFIG_UNSAFE" });
    expect((refusal as PacketboatError).facts.faults).toEqual([
      "packetboat.yaml:19: server.identityFile: identity has mode 0644: others may use it",
    ]);
  });

  it("is refused with its own code when it is not there, cannot be read, or is not UTF-8", async () => {
    await expect(readConfig(join(folder, "none.yaml"))).rejects.toMatchObject({
      code: "CONFIG_NOT_FOUND",
    });
    await expect(readConfig(folder)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    const latin = join(folder, "latin.yaml");
    await writeFile(latin, Buffer.from("role: district # \xe9cole\n", "latin1"));
    await expect(readConfig(latin)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("an edited config", () => {
  it("keeps every other letter, comments too", () => {
    const edited = editConfig(example, [
      { at: ["agency", "name"], value: 'Saint "Mary" # 1: Schools' },
      { at: ["people"] },
      // They name people.
      { at: ["schools"] },
    ]);
    const config = parseConfig(edited, "x");
    expect(config.agency.name).toBe('Saint "Mary" # 1: Schools');
    expect(config.people).toEqual([]);
    expect(edited.split("\n").filter((line) => !example.includes(line))).toHaveLength(16);
    const uncommented = edited
      .replaceAll(/^# (?=(?:people|schools):)/gm, "")
      .replaceAll(/^# (?= {2,})/gm, "");
    expect(parseConfig(uncommented, "x").people).toEqual(parseConfig(example, "x").people);
  });
});

describe("the address of a drop box", () => {
  it("is read into its parts", () => {
    expect(parseBoxAddress("sftp://lea2700105@[::1]/boxes/2700105/")).toEqual({
      kind: "sftp",
      user: "lea2700105",
      host: "::1",
      port: 22,
      folder: "/boxes/2700105",
    });
    expect(parseBoxAddress("file:///srv/drop%20boxes/2700105")).toEqual({
      kind: "folder",
      folder: "/srv/drop boxes/2700105",
    });
  });

  it.each([
    "sftp://host/boxes/1",
    "sftp://user@/boxes/1",
    "sftp://user@host",
    "sftp://user@host/",
    "sftp://user@host/a?b",
    "sftp://user@host/a%2fb",
    "sftp://user@host/a%00b",
    "sftp://user@host/a%ffb",
    "sftp://user:pass@host/a",
    "file://host/boxes/1",
    "ftp://user@host/boxes/1",
    "boxes/1",
  ])("is refused: %s", (text) => {
    expect(refusalOf(() => parseBoxAddress(text)).code).toBe("CONFIG_INVALID");
  });
});

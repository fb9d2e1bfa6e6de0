/**
 * A student moves to another state: two entities, each an account of its own on a real sshd whose accounts were made
 * by the script that its `directory accounts` printed, and a district of each. Every step is a command that somebody
 * types, or a file that somebody drops.
 */
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { editConfig } from "../daemon/config.ts";
import type { Home } from "./commands/home.ts";
import { resultOf } from "./commands/terminal.ts";
import { caseFolder, fillIn } from "./desk/registrar.ts";
import { APPROVER, type Founding, foundState, STATE } from "./founded.ts";
import { type District, office, STUDENTS } from "./homes.ts";
import { noOpenSsh } from "./openssh.ts";
import { everythingIn } from "./scene.ts";

const OTHER_STATE = "3900000";
const [VALLEY, HARBOR] = ["2700417", "3900417"] as const;
const SLOW = 120_000;

/** Nobody waits for a folder that is to hold still, or for a release to be withdrawn. */
const HURRIED = [
  {
    at: ["dropFolders", "office", "ready"],
    value: { unchangedForSeconds: 1, decisionUnchangedForSeconds: 1 },
  },
  { at: ["releases", "holdBackMinutes"], value: 0 },
];

interface State {
  readonly founding: Founding;
  readonly entity: Home;
  readonly district: District;
  readonly home: Home;
}

async function founded(founding: Founding, id: string): Promise<State> {
  const entity = await founding.makeEntity();
  const home = await founding.enroll(entity, id);
  await writeFile(home.config, editConfig(await readFile(home.config, "utf8"), HURRIED));
  const district: District = {
    id: id as District["id"],
    name: `District ${id}`,
    folder: home.home,
    configPath: home.config,
    card: home.card,
  };
  return { founding, entity, district, home };
}

describe.skipIf(noOpenSsh)("two states on two real servers", () => {
  let here: State;
  let there: State;

  const exchangeAtEntity = async ({ founding, entity }: State) =>
    (await founding.atEntity<{ counts: Record<string, number> }>(entity, "exchange")).counts;
  const exchange = ({ home }: State): Promise<unknown> =>
    resultOf(["exchange", "--config", home.config]);
  const statesAt = async ({ home }: State): Promise<string[]> => {
    const list = (await resultOf(["transfers", "list", "--config", home.config])) as {
      state: string;
    }[];
    return list.map(({ state }) => state);
  };
  const boxOf = ({ founding }: State, id: string): Promise<string[]> =>
    readdir(founding.server.boxOnDisk(id, "test"));
  /** By mail, as a district's: read where the service's account can. */
  const takePeer = async (state: State, peer: State): Promise<void> => {
    const { founding, entity } = state;
    const card = join(entity.home, basename(peer.entity.home));
    await founding.server.asRoot("install", ["-m", "0644", peer.entity.card, card]);
    const told = ["--fingerprint", peer.entity.fingerprint, "--as", APPROVER];
    await founding.atEntity(entity, "directory", "add", card, ...told);
    await founding.runAccounts(entity);
    await founding.atEntity(entity, "directory", "publish");
  };

  beforeAll(async () => {
    here = await founded(await foundState(), VALLEY);
    const ohio = await foundState(OTHER_STATE, ["--state=OH", "--zip=43004"]);
    there = await founded(ohio, HARBOR);
    await takePeer(here, there);
    await takePeer(there, here);
    for (const each of [here, there, here]) await exchangeAtEntity(each);
  }, SLOW);
  afterAll(async () => {
    for (const { founding } of [here, there]) await founding[Symbol.asyncDispose]();
  });

  it("lets each other in, and each finds nothing wrong with the other", async () => {
    const { founding, entity } = here;
    const { findings } = await founding.atEntity<{ findings: { level: string; says: string }[] }>(
      entity,
      "check",
    );
    const said = JSON.stringify(findings);
    expect(said).toContain(OTHER_STATE);
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
  });

  it(
    "brings the records with a document, and every receipt back",
    async () => {
      await exchange(here);
      await exchange(there);
      const found = await resultOf([
        "locate",
        "--state",
        "OH",
        "--name",
        "district 3900417",
        "--config",
        here.home.config,
      ]);
      expect(found).toMatchObject([
        { agencyId: HARBOR, status: "Participating", canBeAsked: true },
      ]);
      const asking = ["--student", join(STUDENTS, "abrams-jenna.xml"), "--state", "OH"];
      await resultOf([
        "request",
        ...asking,
        "--name",
        `District ${HARBOR}`,
        "--as",
        "example.registrar",
        "--config",
        here.home.config,
      ]);
      await exchange(here);
      expect((await boxOf(here, OTHER_STATE)).filter((name) => name.endsWith(".pgp"))).toHaveLength(
        1,
      );
      expect(await exchangeAtEntity(here)).toMatchObject({ relayed: 1, refused: 0, failed: 0 });
      await exchange(there);
      expect(await statesAt(there)).toEqual(["RequestReceived"]);

      const [reference = ""] = await readdir(office(there.district, "requests"));
      const folder = caseFolder(there.district, reference);
      const documents = join(folder, "documents");
      await copyFile(join(STUDENTS, "abrams-jenna.record.xml"), join(documents, "record.xml"));
      for (const name of await readdir(STUDENTS)) {
        if (name.endsWith(".pdf")) await copyFile(join(STUDENTS, name), join(documents, name));
      }
      await fillIn(folder, { Decision: "release" });
      await exchange(there);
      // A receipt, an answer and a release with two documents.
      const { relayed = 0 } = await exchangeAtEntity(there);
      expect(relayed).toBeGreaterThanOrEqual(4);
      await exchange(here);
      expect(await statesAt(here)).toEqual(["Delivered"]);
      expect(await readdir(office(here.district, "records", reference))).toEqual(
        expect.arrayContaining(["record.html", "02-abrams-jenna.transcript.pdf"]),
      );
      await exchangeAtEntity(here);
      await exchange(there);
      expect(await statesAt(there)).toEqual(["Delivered"]);
      for (const [state, peer] of [
        [here, OTHER_STATE],
        [there, STATE],
      ] as const) {
        expect((await boxOf(state, peer)).filter((name) => name.endsWith(".pgp"))).toEqual([]);
        const kept = await everythingIn(state.entity.home);
        for (const word of ["Abrams", "Geometry", "%PDF"]) expect(kept).not.toContain(word);
      }
    },
    SLOW,
  );

  it("keeps a file that another account left under a district's name, and tells the entity", async () => {
    const { founding, entity } = here;
    const name = `${VALLEY}_${HARBOR}_000000099_00000000000000ff.xml.pgp`;
    // The peer's account may write into every box of this server, but is no district's.
    const path = `/srv/packetboat/boxes/${OTHER_STATE}/test/${name}`;
    await founding.server.asRoot("setpriv", [
      `--reuid=entity${OTHER_STATE}`,
      `--regid=entity${OTHER_STATE}`,
      "--init-groups",
      "sh",
      "-c",
      `umask 027; echo forged >${path}`,
    ]);
    expect(await exchangeAtEntity(here)).toMatchObject({ relayed: 0, refused: 1 });
    expect(await boxOf(there, HARBOR)).not.toContain(name);
    const kept = await founding.atEntity<{ code?: string }[]>(entity, "quarantine", "list");
    expect(JSON.stringify(kept)).toContain("RELAY_OWNER_DIFFERS");
  });

  it("locks a peer out that takes part no more, and its districts are asked on paper", async () => {
    const { founding, entity } = here;
    const status = ["directory", "status", OTHER_STATE, "Inactive", "--as", APPROVER];
    await founding.atEntity(entity, ...status);
    expect(await founding.runAccounts(entity)).toContain(`entity${OTHER_STATE}`);
    await founding.atEntity(entity, "directory", "publish");
    await exchange(here);
    const asking = ["--student", join(STUDENTS, "specimen-otis.xml"), "--to", HARBOR];
    const asked = await resultOf([
      "request",
      ...asking,
      "--as",
      "example.registrar",
      "--config",
      here.home.config,
    ]);
    expect(asked).toMatchObject({ onPaper: true });
    await exchangeAtEntity(there);
    const alerts = await there.founding.atEntity<{ code: string }[]>(
      there.entity,
      "alerts",
      "list",
    );
    expect(alerts.map(({ code }) => code)).toContain("PARTNER_UNREACHABLE");
  });
});

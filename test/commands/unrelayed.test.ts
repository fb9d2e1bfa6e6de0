/** At an entity: files for other states that were not moved on, in the hands of the people who run it. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { homePaths, readConfig } from "../../daemon/config.ts";
import type { Relayed, Relaying } from "../../daemon/entity/relay.ts";
import { relay } from "../../daemon/entity/relay.ts";
import { refusalWords } from "../../daemon/desk/refusal-words.ts";
import type { AgencyId } from "../../daemon/ids.ts";
import { verifyAudit } from "../../daemon/ledger/audit.ts";
import {
  directoryOf,
  documentName,
  leave,
  listed,
  newYard,
  packetName,
  PRAIRIE,
  textAt,
  type Yard,
} from "../entity/relay/yard.ts";
import { meet, openAlerts, withLedger } from "../homes.ts";
import { newState, type State } from "../states.ts";
import { type Desk, deskOf } from "./desk.ts";

const BROOK = "1900045" as AgencyId;

let state: State;
let yard: Yard;
let entity: Desk;
beforeEach(async () => {
  state = await newState();
  yard = await newYard();
  entity = deskOf(state, state.entity);
  await meet(state, state.entity);
});
afterEach(async () => {
  await yard[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

interface Listed {
  readonly kind: string;
  readonly id: string;
  readonly shortId: string;
  readonly code: string;
  readonly standing: string;
  readonly original: string | null;
}

const list = (): Promise<Listed[]> => entity.result<Listed[]>("quarantine", "list");

/** One exchange with the other state, in the books of the home; then what time tells of. */
async function relayed(change: Partial<Relaying> = {}): Promise<Relayed> {
  const { staging, quarantine } = homePaths(await readConfig(state.entity.configPath));
  const result = await withLedger(state.entity, (ledger) => {
    const ours = { ledger, staging, quarantine, now: state.clock.now };
    return relay(yard.relaying({ ...ours, ...change }));
  });
  await meet(state, state.entity);
  return result;
}

const withBrook = { directory: directoryOf([listed(BROOK)]), there: () => brook() };
const brook = () => yard.relaying().there("1900024" as AgencyId);

it("a file that was refused is listed, shown, and moved on once a person has it tried again", async () => {
  const name = await leave(yard, packetName(PRAIRIE, BROOK));
  await relayed();
  expect(await openAlerts(state.entity)).toContain("RELAY_REFUSED");
  const [found] = await list();
  expect(found).toMatchObject({
    kind: "unrelayed",
    code: "RELAY_RECIPIENT_UNKNOWN",
    standing: "kept",
  });
  const { shortId = "" } = found ?? {};
  const { stdout } = await entity.run("quarantine", "show", shortId);
  expect(stdout).toContain(`from agency ${PRAIRIE} to ${BROOK}, which proves nothing`);
  expect((await entity.run("quarantine", "list")).stdout).toContain("file for another state");

  const again = await entity.run("quarantine", "retry", shortId);
  expect(again.stdout).toContain("The next exchange looks at");
  expect((await list()).map(({ standing }) => standing)).toEqual(["again"]);
  expect(await openAlerts(state.entity)).not.toContain("RELAY_REFUSED");
  expect(await relayed(withBrook)).toMatchObject({ moved: 1 });
  expect(await textAt(yard.arrivedAt("1900024" as AgencyId, name))).toBe(`sealed ${name}`);
  expect(await list()).toEqual([]);
});

it.each(['{ "file": ', "null", "[]", "{}", '{ "at": 7, "code": 7, "reason": 7 }'])(
  "a file that was refused is shown when our disk has made its reason %s",
  async (text) => {
    await leave(yard, packetName(PRAIRIE, BROOK));
    await relayed();
    const [{ id } = { id: "" }] = await list();
    const { quarantine } = homePaths(await readConfig(state.entity.configPath));
    await writeFile(join(quarantine, id, "reason.json"), text);
    expect(await list()).toMatchObject([{ id, code: "RELAY_RECIPIENT_UNKNOWN", standing: "kept" }]);
    expect((await entity.run("quarantine", "explain", id)).exit).toBe(0);
  },
);

it("a file that was refused can be deleted for good, and only once it is not tried again", async () => {
  await leave(yard, packetName(PRAIRIE, BROOK));
  await relayed();
  const [{ id } = { id: "" }] = await list();
  await entity.run("quarantine", "retry", id);
  expect((await entity.run("quarantine", "discard", id, "--yes")).exit).toBe(6);
  await relayed();
  expect((await entity.run("quarantine", "discard", id, "--yes")).exit).toBe(0);
  expect(await list()).toEqual([]);
  expect(await openAlerts(state.entity)).not.toContain("RELAY_REFUSED");
  await withLedger(state.entity, (ledger) => verifyAudit(ledger));
});

it("one that is too big to be fetched leaves the box with the exchange after it was discarded", async () => {
  await leave(yard, documentName(PRAIRIE, BROOK), { bytes: "x".repeat(90_001) });
  await relayed(withBrook);
  const [{ id, original } = { id: "", original: "" }] = await list();
  expect(original).toBeNull();
  expect(await readdir(yard.waitingAt())).toHaveLength(1);
  await entity.run("quarantine", "discard", id, "--yes");
  await relayed(withBrook);
  expect(await readdir(yard.waitingAt())).toEqual([]);
  expect(await list()).toEqual([]);
});

it("is explained by its code, for nobody here can open it", async () => {
  const name = await leave(yard, packetName(PRAIRIE, BROOK));
  await relayed();
  const [{ shortId } = { shortId: "" }] = await list();
  const told = await entity.result("quarantine", "explain", shortId);
  const words = refusalWords("RELAY_RECIPIENT_UNKNOWN");
  expect(told).toMatchObject({ kind: "unrelayed", code: "RELAY_RECIPIENT_UNKNOWN", ...words });
  expect(told["mail"]).toContain(`To the IT staff of agency ${PRAIRIE}, if the file is yours:`);
  expect(told["mail"]).toContain(name);
  const { stdout } = await entity.run("quarantine", "show", shortId);
  expect(stdout).toContain(`\nYou: ${words.ours}\nThe sender (not proved): ${words.theirs}\n`);
  expect(stdout).toContain(`\nNext: packetboat quarantine explain ${shortId} (`);
});

it("is forgotten with what the entity forwarded, and kept files with the quarantine", async () => {
  const moved = await leave(yard, packetName(PRAIRIE, BROOK));
  await leave(yard, packetName(PRAIRIE, "1900999" as AgencyId));
  await relayed(withBrook);
  await entity.run("purge");
  const names = () =>
    withLedger(state.entity, async (ledger) =>
      (await ledger.selectFrom("relays").select("file_name").execute()).map((row) => row.file_name),
    );
  expect(await names()).toContain(moved);
  state.clock.pass({ days: 4000 });
  await entity.run("purge");
  expect(await list()).toEqual([]);
  expect(await names()).not.toContain(moved);
  const { quarantine } = homePaths(await readConfig(state.entity.configPath));
  expect(await readdir(join(quarantine))).toEqual([]);
});

/** A national transfer between two states with a server each, by way of both entities, over real SFTP. */
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { APPROVER, settleEntity } from "../daemon/commands/demo/world.ts";
import { startServer } from "../daemon/dropbox/server.ts";
import { hostKeyFingerprint, newSshKey } from "../daemon/dropbox/sshkeys.ts";
import { parseAgencyId } from "../daemon/ids.ts";
import { readPrivateKey } from "../daemon/keys/key.ts";
import { at, retake, rotate, secretOf } from "./directories.ts";
import { packetboat, resultOf } from "./commands/terminal.ts";
import { saidIn, spreadAbroad } from "./countries.ts";
import {
  boxOf,
  type District,
  drop,
  dropRelease,
  meet,
  office,
  openAlerts,
  requestTo,
} from "./homes.ts";
import { leave, nameFrom, packetXml, sealed, stranger, writerAt } from "./forge.ts";
import { alertsWithCause, configure } from "./scene.ts";
import { textIn } from "./reports/markup.ts";
import { freePort } from "./servers.ts";
import { referenceAt, standing } from "./state-transfers.ts";
import { type Country, newCountry, type State } from "./states.ts";

let country: Country;
let here: State;
let there: State;
beforeEach(async () => {
  country = await newCountry();
  ({ here, there } = country);
  await spreadAbroad(country, here.valley, there.prairie);
}, 60_000);
afterEach(() => country[Symbol.asyncDispose]());

/** Each exchanges, in this order. */
async function round(...homes: readonly District[]): Promise<void> {
  for (const home of homes) {
    const { failure } = await meet(country, home);
    if (failure) throw failure;
    country.clock.pass({ minutes: 10 });
  }
}

/** What waits in a state's box for the other. */
const waiting = (state: State, { id }: District): Promise<string[]> =>
  readdir(boxOf(state, { id })).then((names) => names.filter((name) => name !== "test"));

it("brings a record with its documents, and the receipts back", async () => {
  const { valley } = here;
  const { prairie } = there;
  await drop(valley, "request.xml", await requestTo(prairie));
  await round(valley);
  expect(await waiting(here, there.entity)).toHaveLength(1);
  expect(await waiting(there, prairie)).toEqual([]);
  await round(here.entity);
  expect(await waiting(here, there.entity)).toEqual([]);
  expect(await waiting(there, prairie)).toHaveLength(1);
  await round(prairie, there.entity, valley);
  expect(await standing(valley, prairie)).toEqual(["RequestReceived", "RequestReceived"]);

  const reference = await referenceAt(valley);
  const alert = textIn(
    await readFile(office(prairie, "requests", reference, "request.html"), "utf8"),
  );
  expect(alert).toContain("Example Valley Schools");
  expect(alert).toContain("You are encouraged to call first 555-555-0140");
  await dropRelease({ prairie }, reference);
  await round(here.entity, prairie, there.entity, valley);
  expect(await standing(valley, prairie)).toEqual(["Delivered", "Released"]);
  expect(await readdir(office(valley, "records", reference))).toContain(
    "01-abrams-jenna.transcript.pdf",
  );
  await drop(valley, "done.xml", `<Imported><Reference>${reference}</Reference></Imported>`);
  await round(valley, here.entity, prairie, there.entity, valley);
  expect(await standing(valley, prairie)).toEqual(["Imported", "Imported"]);

  for (const [state, peer] of [
    [here, there],
    [there, here],
  ] as const) {
    expect(await waiting(state, peer.entity)).toEqual([]);
    expect(await openAlerts(state.entity)).toEqual(["REGISTRY_OLD"]);
    // Nothing was opened on the way, and nothing is left of it.
    expect(await readdir(join(state.entity.folder, "state", "staging"))).toEqual([]);
    expect(await readdir(join(state.entity.folder, "quarantine"))).toEqual([]);
    expect(await saidIn(state.entity)).toEqual(
      expect.arrayContaining(["Peer reached", "Directory passed on"]),
    );
  }
});

/** The entity of a third state, whose card names this server; ours takes it as a peer. */
async function befriendThird(address: { port: number; hostKey: string }): Promise<District> {
  const { clock } = country;
  await using server = await startServer(join(here.folder, "third"));
  const place = { city: "Example City", state: "WI", zip: "53001", timeZone: "America/Chicago" };
  const named = { id: parseAgencyId("5500000"), name: "Third Department", phone: "555-555-0111" };
  const third = await settleEntity(
    { ...server, ...address },
    join(here.folder, named.id),
    { ...place, ...named, root: join(here.folder, "third") },
    clock,
  );
  const key = await readPrivateKey(await readFile(join(third.folder, "keys", "openpgp.asc")));
  const compared = ["--fingerprint", key.publicKey.fingerprint];
  await resultOf(...at(here, here.entity, APPROVER, "directory", "add", third.card, ...compared));
  return third;
}

it("goes on beside a state whose server accepts and says nothing, which is left in peace for a while", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const third = await befriendThird({ port, hostKey: here.server.hostKey });
  await drop(here.valley, "request.xml", await requestTo(there.prairie));
  await round(here.valley);
  const began = performance.now();
  await round(here.entity);
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(await waiting(there, there.prairie)).toHaveLength(1);
  expect(await alertsWithCause(here.entity)).toContain("PARTNER_UNREACHABLE BOX_TIMEOUT");
  const again = performance.now();
  country.clock.pass({ minutes: -9 });
  await meet(country, here.entity);
  expect(performance.now() - again).toBeLessThan(5_000);
  const list = await packetboat(...at(here, here.entity, APPROVER, "alerts", "list"));
  expect(list.stdout).toContain(`Nothing can be left for ${third.name} now`);
  silent.close();
}, 60_000);

it("stops a peer whose server shows another host key, until its new card is added", async () => {
  const other = hostKeyFingerprint(newSshKey("other").publicKey);
  const third = await befriendThird({ port: there.server.port, hostKey: other });
  await round(here.entity);
  expect(await alertsWithCause(here.entity)).toContain("PARTNER_STOPPED BOX_HOST_KEY_CHANGED");
  const before = await saidIn(here.entity);
  await round(here.entity);
  expect((await saidIn(here.entity)).slice(before.length)).not.toContain("Peer not reached");
  await resultOf(...at(here, here.entity, APPROVER, "directory", "add", third.card));
  expect(await openAlerts(here.entity)).not.toContain("PARTNER_STOPPED");
}, 60_000);

it("tells of a district that floods the box of another state, as long as it does, whichever other state is down", async () => {
  const { entity, prairie } = here;
  await befriendThird({ port: await freePort(), hostKey: here.server.hostKey });
  await configure(entity, {
    at: ["limits", "perSender"],
    value: { waitingFiles: 100, waitingMegabytes: 100 },
  });
  const names = Array.from({ length: 101 }, () => nameFrom(prairie, there.prairie));
  for (const name of names) await writeFile(boxOf(here, there.entity, name), "sealed");
  await round(entity);
  const told = await packetboat(...at(here, entity, APPROVER, "alerts", "list"));
  expect(told.stdout).toContain(
    `In the box of what goes to the state of ${there.entity.id} wait 101 files`,
  );
  expect(await waiting(there, there.prairie)).toHaveLength(101);
  await round(entity);
  expect(await openAlerts(entity)).toContain("PARTNER_UNREACHABLE");
  expect(await openAlerts(entity)).not.toContain("SENDER_FLOODS");
}, 60_000);

it("tells no more of what waits for a state that is a peer no more, and moves it on when it is one again", async () => {
  const { entity, valley } = here;
  const { prairie } = there;
  await drop(valley, "request.xml", await requestTo(prairie));
  await round(valley);
  const stand = (status: string): Promise<unknown> =>
    resultOf(...at(there, there.entity, APPROVER, "directory", "status", prairie.id, status));
  await stand("Inactive");
  await round(there.entity, entity);
  expect(await openAlerts(entity)).toContain("RELAY_WAITING");
  const { fingerprint } = (await secretOf(there.entity)).publicKey;
  const told = ["--fingerprint", fingerprint];
  await resultOf(...at(here, entity, APPROVER, "partner", "remove", there.entity.id, ...told));
  await round(entity);
  expect(await openAlerts(entity)).toEqual(["REGISTRY_OLD"]);
  expect(await waiting(here, there.entity)).toHaveLength(1);

  await stand("Participating");
  await resultOf(...at(here, entity, APPROVER, "directory", "add", there.entity.card, ...told));
  await round(there.entity, entity);
  expect(await waiting(here, there.entity)).toEqual([]);
  expect(await waiting(there, prairie)).toHaveLength(1);
}, 60_000);

it("waits with what a district abroad has signed with a new key, until its directory is passed on", async () => {
  const { entity, valley } = here;
  const { prairie } = there;
  await drop(valley, "request.xml", await requestTo(prairie));
  await round(valley, entity);
  await rotate(prairie, country.clock.now());
  await retake(there, prairie);
  await round(prairie, there.entity, valley);
  expect(await standing(valley, prairie)).toEqual(["Requested", "RequestReceived"]);
  expect(await alertsWithCause(valley)).toEqual(["PACKET_WAITING KEY_NOT_LISTED"]);
  await round(entity, valley);
  expect(await standing(valley, prairie)).toEqual(["RequestReceived", "RequestReceived"]);
  expect(await openAlerts(valley)).toEqual([]);
}, 60_000);

it("refuses after a day what is named as from a district abroad, and signed by nobody who is listed", async () => {
  const { valley } = here;
  const { prairie } = there;
  const { clock } = country;
  const from = await stranger(prairie.id, clock.now());
  const letter = { from, to: await writerAt(valley), at: clock.now() };
  const bytes = await sealed(packetXml(letter), letter);
  await leave(here, valley, bytes, nameFrom(prairie, valley));
  await round(valley);
  expect(await alertsWithCause(valley)).toEqual(["PACKET_WAITING KEY_NOT_LISTED"]);
  clock.pass({ hours: 25 });
  await round(valley);
  expect(await alertsWithCause(valley)).toEqual(["PACKET_REFUSED KEY_NOT_LISTED"]);
  expect(await readdir(join(valley.folder, "quarantine"))).toHaveLength(1);
}, 60_000);

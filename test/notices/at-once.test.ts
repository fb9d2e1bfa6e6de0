/** What cannot wait for the morning: to whom, how often, and what becomes of it when mail is down. */
import { describe, expect, it } from "vitest";
import {
  asked,
  drop,
  dropRelease,
  meet,
  newWorld,
  openAlerts,
  requestTo,
  withLedger,
} from "../homes.ts";
import { startMailServer } from "../mail-server.ts";
import { configure } from "../scene.ts";
import {
  BOSS,
  dropRequests,
  expectDiscreet,
  IT,
  mailed,
  mailFrom,
  mailRows,
  OFFICE,
} from "./mailed.ts";

describe("a new request", () => {
  it("is mailed at once, with what to do and where, and never again", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    await mailFrom(world.prairie, server);
    const reference = await asked(world);
    const [mail] = server.mails;
    expect(mail?.text).toContain(`* Request to release ${reference}`);
    expect(mail?.text).toContain("Example Valley Schools asks for records.");
    expect(mail?.text).toContain(`Drop folder: office, requests/${reference}`);
    expect(mail?.text).toContain("Call: Example Valley Schools: 555-555-0140 (from its card)");
    expect(mail?.text).toContain("This packetboat runs in mode test");
    expectDiscreet(server.mails);
    expect(mailed(server)).toEqual([
      `${OFFICE}: Test: Packetboat: Request to release ${reference}`,
    ]);
    await meet(world, world.prairie);
    expect(mailed(server)).toEqual([]);
  });

  it("comes with all others of its exchange in one mail", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    await mailFrom(world.prairie, server);
    await dropRequests(world, 12);
    await meet(world, world.valley);
    await meet(world, world.prairie);
    expect(server.mails[0]?.text.match(/^\* Request to release/gm)).toHaveLength(12);
    expect(mailed(server)).toEqual([`${OFFICE}: Test: Packetboat: 12 new requests`]);
  });

  it("is mailed again when it comes back: the release was withdrawn", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    const { prairie } = world;
    await mailFrom(prairie, server);
    await configure(prairie, { at: ["releases", "holdBackMinutes"], value: 60 });
    const reference = await asked(world);
    await dropRelease(world, reference);
    await meet(world, prairie);
    mailed(server);
    const about = `<Reference>${reference}</Reference>`;
    await drop(prairie, "stop.xml", `<Withdraw>${about}</Withdraw>`);
    await meet(world, prairie);
    expect(mailed(server)).toEqual([
      `${OFFICE}: Test: Packetboat: Request to release ${reference}`,
    ]);
  });

  it.each(["digest", "never"])("is not mailed at once where the config says %s", async (when) => {
    await using world = await newWorld();
    await using server = await startMailServer();
    await mailFrom(world.prairie, server, `  newRequest: ${when}\n`);
    await asked(world);
    expect(server.connections()).toBe(0);
  });

  it("is mailed to the registrars of its school, and to nobody else", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    const { prairie } = world;
    await mailFrom(
      prairie,
      server,
      `schools:
  - { id: "${prairie.id}00123", name: North High School, alsoWritten: [Example High School], registrars: [north] }
`,
    );
    await configure(prairie, {
      at: ["people"],
      value: ["north", "south"].map((username) => ({
        username,
        name: "Somebody",
        email: `${username}@district.example`,
        may: ["request", "release"],
      })),
    });
    const request = (await requestTo(prairie)).replace(
      /<PreviousSchool>[^]*?<\/PreviousSchool>/,
      "<PreviousSchool><NameOfInstitution>Example High School</NameOfInstitution></PreviousSchool>",
    );
    await drop(world.valley, "request.xml", request);
    await meet(world, world.valley);
    await meet(world, prairie);
    expect(mailed(server)).toEqual([
      expect.stringMatching(/^north@district\.example: Test: Packetboat: Request to release/),
    ]);
  });

  it("of a student who cannot wait is urgent, and mail does not say why", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    await mailFrom(world.prairie, server, "  newRequest: digest\n");
    const request = (await requestTo(world.prairie)).replace(
      "<RequestedSection>",
      "<ExpediteReason>FosterCare</ExpediteReason><RequestedSection>",
    );
    expect(request).toContain("FosterCare");
    await drop(world.valley, "request.xml", request);
    await meet(world, world.valley);
    await meet(world, world.prairie);
    expect(server.mails[0]?.text).toContain("URGENT: TODAY (1)");
    expectDiscreet(server.mails);
    expect(mailed(server)).toHaveLength(1);
  });
});

describe("whoever does not decide", () => {
  it("is reminded after two school days, and after five others are told", async () => {
    // A Friday morning in Chicago.
    await using world = await newWorld("2024-07-19T14:00:00Z");
    await using server = await startMailServer();
    const { prairie, clock } = world;
    await mailFrom(prairie, server, `  digestAt: "23:59"\n`);
    await configure(prairie, { at: ["deadlines"], value: { escalateTo: [BOSS] } });
    const reference = await asked(world);
    await meet(world, world.valley);
    await meet(world, prairie);
    mailed(server);
    clock.set(new Date("2024-07-23T04:30:00Z"));
    await meet(world, prairie);
    expect(mailed(server)).toEqual([]);
    clock.set(new Date("2024-07-23T05:30:00Z"));
    await meet(world, prairie);
    await meet(world, prairie);
    expect(mailed(server)).toEqual([
      `${OFFICE}: Test: Packetboat: A request waits for a decision ${reference}`,
    ]);
    expect(await openAlerts(prairie)).toEqual(["DECISION_DUE", "REQUEST_TO_RELEASE"]);
    clock.set(new Date("2024-07-26T14:00:00Z"));
    await meet(world, prairie);
    expectDiscreet(server.mails);
    expect(mailed(server)).toEqual([
      `${OFFICE}: Test: Packetboat: Still no decision ${reference}`,
      `${BOSS}: Test: Packetboat: Still no decision ${reference}`,
    ]);
    expect(await openAlerts(prairie)).toEqual(["DECISION_ESCALATED", "REQUEST_TO_RELEASE"]);
    const reason = "<ReasonCode>StaffUnavailable</ReasonCode>";
    await drop(prairie, "hold.xml", `<Hold><Reference>${reference}</Reference>${reason}</Hold>`);
    await meet(world, prairie);
    expect(await openAlerts(prairie)).toEqual([]);
    expect(mailed(server)).toEqual([]);
  });
});

describe("mail that is down", () => {
  it("loses nothing, holds nothing up, and is told to IT until it is back", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    const { prairie, clock } = world;
    await mailFrom(prairie, server);
    const { port } = server;
    await server[Symbol.asyncDispose]();
    const reference = await asked(world);
    expect(await openAlerts(prairie)).toEqual(["MAIL_NOT_SENT", "REQUEST_TO_RELEASE"]);
    expect(await mailRows(prairie)).toMatchObject([
      { state: "WAITING", attempts: 1, code: "MAIL_UNREACHABLE" },
    ]);
    await using again = await startMailServer({ port });
    await meet(world, prairie);
    expect(again.connections()).toBe(0);
    clock.pass({ minutes: 3 });
    await meet(world, prairie);
    expect(mailed(again)).toEqual([`${OFFICE}: Test: Packetboat: Request to release ${reference}`]);
    expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
    expect(await mailRows(prairie)).toMatchObject([{ state: "SENT", attempts: 2 }]);
  });

  it("for days is not sent late: what is still open stands in the next digest", async () => {
    await using world = await newWorld("2024-07-19T14:00:00Z");
    await using server = await startMailServer();
    const { prairie, clock } = world;
    await mailFrom(prairie, { address: "smtp://127.0.0.1:1" });
    const reference = await asked(world);
    await meet(world, world.valley);
    await meet(world, prairie);
    clock.set(new Date("2024-07-23T11:00:00Z"));
    await mailFrom(prairie, server, `  digestAt: "06:30"\n`);
    await meet(world, prairie);
    expect(mailed(server)).toEqual([
      `${OFFICE}: Test: Packetboat: A request waits for a decision ${reference}`,
    ]);
    expect((await mailRows(prairie)).map(({ state }) => state)).toEqual(["FOLDED", "SENT"]);
    clock.set(new Date("2024-07-24T11:31:00Z"));
    await meet(world, prairie);
    expect(server.mails[0]?.text).toContain(`* A request waits for a decision ${reference}`);
    expect(mailed(server)).toHaveLength(1);
  });

  it("says nothing of what has ended meanwhile", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    const { prairie, clock } = world;
    await mailFrom(prairie, { address: "smtp://127.0.0.1:1" });
    const reference = await asked(world);
    const reason = "<ReasonCode>StaffUnavailable</ReasonCode>";
    await drop(prairie, "hold.xml", `<Hold><Reference>${reference}</Reference>${reason}</Hold>`);
    clock.pass({ minutes: 30 });
    await mailFrom(prairie, server);
    await meet(world, prairie);
    expect(server.connections()).toBe(0);
    expect((await mailRows(prairie)).map(({ state }) => state)).toEqual(["FOLDED"]);
    expect(await openAlerts(prairie)).toEqual([]);
  });

  it("whose answer is lost is the same mail when it is sent again", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    const { prairie, clock } = world;
    await mailFrom(prairie, server);
    server.manners.afterData = "takes and drops the line";
    await asked(world);
    server.manners.afterData = "takes";
    clock.pass({ minutes: 3 });
    await meet(world, prairie);
    await meet(world, prairie);
    expect(server.mails).toHaveLength(2);
    expect(new Set(server.mails.map(({ raw }) => raw)).size).toBe(1);
  });

  it("for one address alone gives that mail up, and the others go on", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    const { prairie, clock } = world;
    await mailFrom(prairie, server, `  digestAt: "09:30"\n`);
    server.manners.refused.set(OFFICE, 550);
    await asked(world);
    expect(await mailRows(prairie)).toMatchObject([{ state: "GIVEN_UP", code: "MAIL_REFUSED" }]);
    const [alert] = await withLedger(prairie, (ledger) =>
      ledger.selectFrom("alerts").selectAll().where("code", "=", "MAIL_ADDRESS_REFUSED").execute(),
    );
    expect(JSON.parse(alert?.facts ?? "")).toMatchObject({ setting: "people example.registrar" });
    // IT reads of it in its own digest; the other address works.
    clock.set(new Date("2024-07-22T14:31:00Z"));
    server.manners.refused.clear();
    await meet(world, prairie);
    const digests = server.mails.map(({ to, text }) => `${to.join(" ")} ${text}`);
    expect(digests.find((each) => each.startsWith(IT))).toContain("An address takes no mail");
    expect(await openAlerts(prairie)).not.toContain("MAIL_ADDRESS_REFUSED");
  });
});

it("writes and sends nothing in a home without mail", async () => {
  await using world = await newWorld();
  await asked(world);
  expect(await mailRows(world.prairie)).toEqual([]);
});

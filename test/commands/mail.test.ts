/** What commands say of mail and of time: check, status, and the lists with what is overdue. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../daemon/commands/checks/finding.ts";
import { asked, meet, newWorld } from "../homes.ts";
import { selfSigned, startMailServer } from "../mail-server.ts";
import { mailed, mailFrom } from "../notices/mailed.ts";
import { configure } from "../scene.ts";
import { deskOf } from "./desk.ts";

const ACCOUNT = { username: "packetboat", password: "secret" };

describe("check", () => {
  const aboutMail = (findings: readonly Finding[]): string[] =>
    findings
      .filter(({ subject }) => subject === "mail")
      .map(({ level, sentence, code }) => [level, sentence, code ?? ""].join(" ").trim());

  it("logs in at the mail server, and sends nothing unless asked to", async () => {
    await using world = await newWorld();
    const certificate = await selfSigned();
    await using server = await startMailServer({ certificate, account: ACCOUNT });
    const { prairie } = world;
    const desk = deskOf(world, prairie, null);
    const found = async (...more: string[]) =>
      aboutMail((await desk.result<{ findings: Finding[] }>("check", ...more)).findings);
    expect(await found()).toEqual([]);

    await mailFrom(prairie, server, "  credentialFile: smtp\n");
    expect(await found()).toEqual(["error smtp is not there FILE_NOT_FOUND"]);
    const file = join(prairie.folder, "smtp");
    await writeFile(file, "packetboat:wrong\n", { mode: 0o600 });
    expect(await found()).toEqual([
      `error the mail server 127.0.0.1:${server.port} does not take the username and password (535) MAIL_LOGIN_REFUSED`,
    ]);
    await writeFile(file, "\uFEFFpacketboat:secret\r\n");
    expect(await found()).toEqual([
      `ok ${server.address} answers, encrypted and takes our password; new requests: immediately; the digest at 07:00 on school days`,
    ]);
    expect(mailed(server)).toEqual([]);
    expect(await found("--mail-to", "it@district.example")).toContain(
      "ok a test mail went to it@district.example",
    );
    expect(mailed(server)).toEqual(["it@district.example: Packetboat: a test mail"]);

    await chmod(file, 0o640);
    const { code, facts } = await desk.error("status");
    expect(code).toBe("CONFIG_UNSAFE");
    expect(JSON.stringify(facts)).toContain("mail.credentialFile: ");
  });

  it("says whom nobody tells", async () => {
    await using world = await newWorld();
    await using server = await startMailServer();
    const { prairie } = world;
    await mailFrom(prairie, server);
    const text = await readFile(prairie.configPath, "utf8");
    const changed = text
      .replaceAll(/ {4}email: registrar@district.example\n/g, "")
      .replaceAll(/^ {2}it: \[it@.*$/gm, "");
    await writeFile(prairie.configPath, changed);
    const { findings } = await deskOf(world, prairie, null).result<{ findings: Finding[] }>(
      "check",
    );
    expect(aboutMail(findings).slice(1)).toEqual([
      "warning nobody is told of requests",
      "warning nobody is told what IT must know",
    ]);
  });

  it("names an address that is none by its line", async () => {
    await using world = await newWorld();
    const { prairie } = world;
    await mailFrom(prairie, { address: "smtp://:25" });
    const { code, facts } = await deskOf(world, prairie, null).error("status");
    expect(code).toBe("CONFIG_INVALID");
    expect(JSON.stringify(facts)).toContain("mail.server: smtp://:25 names no server");
  });
});

describe("status", () => {
  it("counts the mails that wait, and says why", async () => {
    await using world = await newWorld();
    const { prairie } = world;
    const desk = deskOf(world, prairie);
    expect(await desk.result("status")).toMatchObject({ mail: null });
    await mailFrom(prairie, { address: "smtp://127.0.0.1:1" });
    expect(await desk.result("status")).toMatchObject({
      mail: { waiting: 0, since: null, failure: null },
    });
    await asked(world);
    expect(await desk.result("status")).toMatchObject({
      mail: { waiting: 1, failure: { code: "MAIL_UNREACHABLE" } },
    });
    expect((await desk.run("status")).stdout).toMatch(
      /Mail: +1 mail waiting since .*, MAIL_UNREACHABLE, tried again from/,
    );
  });
});

describe("what is overdue", () => {
  it("stands in the list of transfers, in words and in the reports", async () => {
    await using world = await newWorld("2024-07-19T14:00:00Z");
    const { prairie, clock } = world;
    await configure(prairie, { at: ["deadlines"], value: { answerWithinSchoolDays: 3 } });
    const reference = await asked(world);
    const desk = deskOf(world, prairie);
    const report = (name: string): Promise<string> =>
      readFile(join(prairie.folder, "reports", "it", name), "utf8");
    const due = { due: "2024-07-24", overdue: false };
    expect(await desk.result("transfers", "list")).toMatchObject([due]);
    expect((await desk.run("transfers", "list")).stdout).toContain(" 2024-07-24 ");
    expect(await report("transfers.html")).toContain("answer by July 24, 2024");

    clock.set(new Date("2024-07-25T06:00:00Z"));
    await meet(world, prairie);
    expect(await desk.result("transfers", "list")).toMatchObject([{ ...due, overdue: true }]);
    expect(await desk.result("transfers", "show", reference)).toMatchObject({ overdue: true });
    expect((await desk.run("transfers", "list")).stdout).toContain("2024-07-24 OVERDUE");
    expect(await report("transfers.html")).toMatch(/urgent[^>]*>(?:<[^>]*>)*Overdue/);
    expect(await report("transfers.csv")).toMatch(/,"2024-07-24","overdue",/);
    const json = JSON.parse(await report("transfers.json")) as { transfers: unknown[] };
    expect(json.transfers).toMatchObject([{ due: "2024-07-24", overdue: true }]);
  });
});

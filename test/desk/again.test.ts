/** The same words a second time, after what they did was undone: they are meant anew. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  asked,
  drop,
  dropRelease,
  meet,
  newWorld,
  office,
  REGISTRAR,
  requestTo,
  states,
  type World,
} from "../homes.ts";
import { configure } from "../scene.ts";
import { addDocument, caseFolder, fillIn } from "./registrar.ts";

let world: World;
let reference: string;
beforeEach(async () => {
  world = await newWorld();
  reference = await asked(world);
});
afterEach(async () => world[Symbol.asyncDispose]());

const about = (kind: string, more = ""): string =>
  `<${kind}><Reference>${reference}</Reference>${more}</${kind}>`;
const said = (name: string): Promise<string> =>
  readFile(office(world.prairie, "sent", `${name}.result.json`), "utf8");
const prairieSays = async (name: string, decision: string): Promise<void> => {
  await drop(world.prairie, name, decision);
  await meet(world, world.prairie);
};
const valleySays = async (name: string, decision: string): Promise<void> => {
  await drop(world.valley, name, decision);
  await meet(world, world.valley);
};
const holdBack = (value: number) =>
  configure(world.prairie, { at: ["releases", "holdBackMinutes"], value });
/** In its folder: the same release in the outbox does not leave again. */
const released = async (place: "requests" | "done" = "requests"): Promise<void> => {
  const folder = caseFolder(world.prairie, reference, place);
  await addDocument(folder);
  await fillIn(folder, { Decision: "release" });
  await meet(world, world.prairie);
};
const both = async (): Promise<void> => {
  await meet(world, world.prairie);
  await meet(world, world.valley);
  await meet(world, world.prairie);
};

describe("a withdrawal in the words of an earlier one", () => {
  const sayNamed = async (name: string): Promise<void> => {
    const document = `<OutboxMessage xmlns="urn:packetboat:outbox:1">
  <SourceReference>w-1</SourceReference><DecidedBy>${REGISTRAR}</DecidedBy>${about("Withdraw")}
</OutboxMessage>`;
    await writeFile(office(world.prairie, "outbox", name), document);
    await meet(world, world.prairie);
  };

  it("stops the release that waits now, and only tells again what it has stopped", async () => {
    await holdBack(60);
    await dropRelease(world, reference);
    await meet(world, world.prairie);
    await prairieSays("one.xml", about("Withdraw"));
    await released();
    expect(await states(world)).toEqual(["Requested", "ReleasePending"]);
    await prairieSays("two.xml", about("Withdraw"));
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
    expect(await said("two.xml")).toContain('"outcome": "taken"');
    await prairieSays("three.xml", about("Withdraw"));
    expect(await said("three.xml")).toContain('"outcome": "known"');
  });

  it("is refused when it comes too late", async () => {
    await holdBack(60);
    await released();
    await prairieSays("one.xml", about("Withdraw"));
    await holdBack(0);
    await released();
    expect(await states(world)).toEqual(["Requested", "Released"]);
    await prairieSays("two.xml", about("Withdraw"));
    const faults = await readFile(office(world.prairie, "refused", "two.xml.faults.txt"), "utf8");
    expect(faults).toContain("TRANSFER_STATE");
  });

  it("is refused under its SourceReference, that nobody takes it for a new one", async () => {
    await holdBack(60);
    await released();
    await sayNamed("one.xml");
    await released();
    await sayNamed("two.xml");
    expect(await states(world)).toEqual(["Requested", "ReleasePending"]);
    const faults = await readFile(office(world.prairie, "refused", "two.xml.faults.txt"), "utf8");
    expect(faults).toContain("this withdraw of transfer");
  });
});

describe("in the words of an earlier one", () => {
  it("a recall asks back what left since", async () => {
    const recall = about("Recall", "<ReasonCode>WrongStudent</ReasonCode>");
    await holdBack(0);
    await released();
    await both();
    await prairieSays("one.xml", recall);
    await both();
    await released("done");
    await both();
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
    await prairieSays("two.xml", recall);
    await both();
    expect(await states(world)).toEqual(["Recalled", "Recalled"]);
  });

  it("a hold holds until its own day again", async () => {
    const until = (day: string): string =>
      about("Hold", `<ReasonCode>Other</ReasonCode><HoldUntil>${day}</HoldUntil>`);
    await prairieSays("one.xml", until("2024-08-01"));
    await prairieSays("two.xml", until("2024-09-01"));
    await prairieSays("three.xml", until("2024-08-01"));
    expect(await said("three.xml")).toContain('"outcome": "taken"');
    await prairieSays("four.xml", until("2024-08-01"));
    expect(await said("four.xml")).toContain('"outcome": "known"');
  });

  it("a cancellation gives up what was asked for anew", async () => {
    await valleySays("one.xml", about("Cancel"));
    const anew = (await requestTo(world.prairie)).replace(
      "</To>",
      `</To><Resubmits>${reference}</Resubmits>`,
    );
    await valleySays("again.xml", anew);
    await both();
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    await valleySays("two.xml", about("Cancel"));
    expect(await states(world)).toEqual(["Canceled", "RequestReceived"]);
  });

  it("an import is that of what came since", async () => {
    await holdBack(0);
    await released();
    await both();
    await valleySays("one.xml", about("Imported"));
    const folder = caseFolder(world.prairie, reference, "done");
    await meet(world, world.prairie);
    await writeFile(join(folder, "documents", "letter.pdf"), "%PDF-1.4\nof one more page\n");
    await fillIn(folder, { Decision: "supplement" });
    await both();
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
    await valleySays("two.xml", about("Imported"));
    expect((await states(world))[0]).toBe("Imported");
  });
});

/** State transfers from the file of a student information system to the record at another district. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deskOf } from "./commands/desk.ts";
import { drop, dropRelease, office, openAlerts } from "./homes.ts";
import { textIn } from "./reports/markup.ts";
import {
  dropStateRequest,
  newNeighbours,
  referenceAt,
  register,
  round,
  standing,
} from "./state-transfers.ts";
import type { State } from "./states.ts";

let state: State;
beforeEach(async () => {
  state = await newNeighbours();
});
afterEach(() => state[Symbol.asyncDispose]());

describe("a state transfer", () => {
  it("brings a record with a document, and the overlap, by way of the entity", async () => {
    const { valley, prairie, entity } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, entity);
    expect(await standing(valley, entity)).toEqual(["Requested", "Forwarded"]);
    await round(state, valley, prairie);
    expect(await standing(valley, prairie)).toEqual(["Forwarded", "RequestReceived"]);

    const reference = await referenceAt(valley);
    const asked = await readFile(office(prairie, "requests", reference, "request.html"), "utf8");
    const alert = textIn(asked);
    for (const shown of [
      "Example Valley Schools",
      "Found in the registry of Example State Department by name, birthdate and sex",
      "Example Prairie High School",
      "Enrolled at both",
      "You are encouraged to call first 555-555-0140",
    ]) {
      expect(alert).toContain(shown);
    }
    expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE", "STILL_ENROLLED_AT_BOTH"]);
    expect(await openAlerts(valley)).toEqual(["STILL_ENROLLED_AT_BOTH"]);

    await dropRelease(state as never, reference);
    await round(state, prairie, valley);
    expect(await standing(valley, prairie)).toEqual(["Delivered", "Released"]);
    // What the post does is told with the next post.
    await round(state, prairie, prairie, entity);
    expect(await standing(prairie, entity)).toEqual(["Delivered", "Delivered"]);
    const folder = office(valley, "records", reference);
    expect(await readdir(folder)).toContain("01-abrams-jenna.transcript.pdf");
    const record = textIn(await readFile(join(folder, "record.html"), "utf8"));
    expect(record).toContain("Overlap in the state’s registry Since July 25, 2024");

    await drop(valley, "done.xml", `<Imported><Reference>${reference}</Reference></Imported>`);
    await round(state, prairie, valley, prairie, entity);
    expect(await standing(valley, prairie, entity)).toEqual(["Imported", "Imported", "Imported"]);

    const show = await deskOf(state, entity, null).run("transfers", "show", reference);
    expect(show.stdout).toContain("Requesting");
    expect(show.stdout).toContain("Example Valley Schools");
    expect(show.stdout).toContain("Example Prairie Schools");
    const list = await deskOf(state, valley).run("transfers", "list");
    expect(list.stdout).toContain("Example Prairie Schools");
    const report = await readFile(join(entity.folder, "reports", "it", "transfers.html"), "utf8");
    expect(textIn(report)).toContain("Example Valley Schools Example Prairie Schools");
  });
});

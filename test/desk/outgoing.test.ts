import { describe, expect, it } from "vitest";
import { deskOf } from "../../daemon/daemon.ts";
import { readConfig } from "../../daemon/config.ts";
import { decide } from "../../daemon/desk/decide.ts";
import { writeOutgoing, writeWithin } from "../../daemon/desk/outgoing.ts";
import { parseReference } from "../../daemon/ids.ts";
import { asked, newWorld, states, withLedger } from "../homes.ts";
import { documentNamed, recordOf, registrar, releaseOf } from "../transfer/cast.ts";

const release = { kind: "TransferRelease", message: releaseOf(), documents: [] } as const;
const size = writeOutgoing(release).length;

describe("a message that no packet could carry", () => {
  it("is refused with its sizes, one that just fits is written", () => {
    expect(writeWithin(size)(release)).toHaveLength(size);
    expect(() => writeWithin(size - 1)(release)).toThrow(
      expect.objectContaining({
        code: "RECORD_TOO_BIG",
        message: `the TransferRelease has ${size} bytes, more than ${size - 1}`,
      }),
    );
  });

  it("is one that its documents' names and digests make too long", () => {
    const documents = [documentNamed("transcript.pdf")];
    expect(() => writeWithin(size + 100)({ ...release, documents })).toThrow(
      expect.objectContaining({ code: "RECORD_TOO_BIG" }),
    );
  });

  it("leaves the transfer as it was, to be decided again", async () => {
    await using world = await newWorld();
    const reference = parseReference(await asked(world));
    const config = await readConfig(world.prairie.configPath);
    await withLedger(world.prairie, async (ledger) => {
      const { now } = world.clock;
      const desk = { ...deskOf({ config, ledger, now }), messageBytes: 1000 };
      const decision = {
        kind: "release",
        about: { reference },
        release: { record: recordOf(), documents: [] },
      } as const;
      const deciding = decide(desk, { decision, user: registrar, at: now() });
      await expect(deciding).rejects.toMatchObject({ code: "RECORD_TOO_BIG" });
    });
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
  });
});

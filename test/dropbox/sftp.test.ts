import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { type Server, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OPERATIONS_IN_FLIGHT } from "../../daemon/dropbox/contract.ts";
import { openSftp } from "../../daemon/dropbox/sftp.ts";
import { newSshKey, sshKeyOf } from "../../daemon/dropbox/sshkeys.ts";
import { PacketboatError } from "../../daemon/errors.ts";
import { OURS, SENDER, everything, namesIn, packetName, refused } from "./contract.ts";
import { roughLine } from "./rough-line.ts";
import { type EmbeddedYard, embeddedYard } from "./yards.ts";
import { until } from "../until.ts";

const SOME_HOST_KEY = `SHA256:${"A".repeat(43)}`;
const PATIENT = { connectMs: 10_000, idleMs: 10_000, totalMs: 10_000 };
const HASTY = { connectMs: 300, idleMs: 300, totalMs: 10_000 };

let yard: EmbeddedYard;
let desk: string;

beforeEach(async () => {
  yard = await embeddedYard();
  desk = await fs.mkdtemp(join(tmpdir(), "packetboat-desk-"));
});

afterEach(async () => {
  await yard[Symbol.asyncDispose]();
  await fs.rm(desk, { recursive: true, force: true });
});

/** Of a server that listens on this machine. */
const portOf = (listener: Server): number => {
  const address = listener.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

const failureOf = async (attempt: Promise<unknown>): Promise<PacketboatError> => {
  const error: unknown = await attempt.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PacketboatError)) throw error;
  return error;
};

describe("the host key", () => {
  it("is refused with both fingerprints when it is not the pinned one", async () => {
    const login = { ...yard.loginOf(OURS), hostKeys: [SOME_HOST_KEY] };
    const error = await failureOf(openSftp(yard.addressOf(OURS), login));
    expect(error.code).toBe("BOX_HOST_KEY_CHANGED");
    expect(error.facts).toEqual({ shown: yard.server.hostKey, pinned: [SOME_HOST_KEY] });
  });

  it("may be either of two while the server changes it", async () => {
    const login = { ...yard.loginOf(OURS), hostKeys: [SOME_HOST_KEY, yard.server.hostKey] };
    await using harbor = await openSftp(yard.addressOf(OURS), login);
    expect(await namesIn(harbor.box(yard.boxOf(OURS)))).toEqual([]);
  });

  it.each([
    ["none", []],
    ["three", [SOME_HOST_KEY, SOME_HOST_KEY, SOME_HOST_KEY]],
    ["one that is no fingerprint", ["SHA256:short"]],
  ])("must be pinned: %s is refused before anybody is called", async (_case, hostKeys) => {
    const opening = openSftp(yard.addressOf(OURS), { ...yard.loginOf(OURS), hostKeys });
    await expect(opening).rejects.toSatisfy(refused("CONFIG_INVALID"));
    expect(yard.server.connections.accepted).toBe(0);
  });
});

describe("logging in", () => {
  it("is refused with another key", async () => {
    const login = { ...yard.loginOf(OURS), privateKey: newSshKey("other").privateKey };
    const error = await failureOf(openSftp(yard.addressOf(OURS), login));
    expect(error.code).toBe("BOX_LOGIN_REFUSED");
  });

  it("is refused with another agency's key", async () => {
    const error = await failureOf(openSftp(yard.addressOf(OURS), yard.loginOf(SENDER)));
    expect(error.code).toBe("BOX_LOGIN_REFUSED");
  });

  it("is refused with the right public key and another secret one", async () => {
    const { publicKey } = yard.keyOf(OURS);
    const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
    const { privateKey } = sshKeyOf(randomBytes(32), blob.subarray(-32), "forged");
    const forged = { ...yard.loginOf(OURS), privateKey };
    const error = await failureOf(openSftp(yard.addressOf(OURS), forged));
    expect(error.code).toBe("BOX_LOGIN_REFUSED");
  });

  it("is refused for a user the server does not know", async () => {
    const address = { ...yard.addressOf(OURS), user: "nobody" };
    const error = await failureOf(openSftp(address, yard.loginOf(OURS)));
    expect(error.code).toBe("BOX_LOGIN_REFUSED");
  });

  it("needs a private key that can be read", async () => {
    for (const privateKey of ["", "nonsense", newSshKey("x").publicKey]) {
      const opening = openSftp(yard.addressOf(OURS), { ...yard.loginOf(OURS), privateKey });
      await expect(opening).rejects.toSatisfy(refused("SSH_KEY_INVALID"));
    }
    expect(yard.server.connections.accepted).toBe(0);
  });
});

describe("a server that is not there", () => {
  it("is unreachable when it refuses the connection", async () => {
    const address = yard.addressOf(OURS);
    await yard.server.close();
    const error = await failureOf(openSftp(address, yard.loginOf(OURS)));
    expect(error.code).toBe("BOX_UNREACHABLE");
    expect(error.facts).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("is given up after the connect deadline when it takes the call and says nothing", async () => {
    const listener = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
    await once(listener, "listening");
    const port = portOf(listener);
    const address = { ...yard.addressOf(OURS), port };
    const started = performance.now();
    const error = await failureOf(openSftp(address, yard.loginOf(OURS, HASTY)));
    expect(error.code).toBe("BOX_TIMEOUT");
    expect(performance.now() - started).toBeLessThan(2_000);
    const closed = once(listener, "close");
    listener.close();
    await closed;
  });

  it.each([
    ["is not an SSH server", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["hangs up after its greeting", "SSH-2.0-short\r\n"],
  ])("is unreachable when it %s", async (_case, greeting) => {
    const listener = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(greeting);
    }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    const port = portOf(listener);
    const opening = openSftp({ ...yard.addressOf(OURS), port }, yard.loginOf(OURS, PATIENT));
    await expect(opening).rejects.toSatisfy(refused("BOX_UNREACHABLE"));
    listener.close();
  });
});

describe("a line that fails with all operations in flight that there may be", () => {
  const big = randomBytes(3_000_000);
  const half = OPERATIONS_IN_FLIGHT / 2;

  /** As many uploads as downloads, all of them begun. */
  async function busy(deadlines = PATIENT) {
    const line = await roughLine(yard.server.port);
    const waiting = Array.from({ length: half }, packetName);
    for (const name of waiting) await fs.writeFile(join(yard.onDisk(OURS), name), big);
    const sending = Array.from({ length: half }, packetName);
    const address = { ...yard.addressOf(OURS), port: line.port };
    const harbor = await openSftp(address, yard.loginOf(OURS, deadlines));
    const box = harbor.box(yard.boxOf(OURS));
    const partner = harbor.box(yard.boxOf(SENDER));
    const expected = { size: big.length, maxBytes: big.length };
    const operations = [
      ...waiting.map((name) => box.fetch(name, join(desk, name), expected)),
      ...sending.map((name) => partner.deliver(name, big)),
    ].map(failureOf);
    expect(operations).toHaveLength(OPERATIONS_IN_FLIGHT);
    await vi.waitUntil(
      async () =>
        (await fs.readdir(desk)).length === half &&
        (await fs.readdir(yard.onDisk(SENDER))).filter((name) => name.endsWith(".part")).length ===
          half,
      { timeout: 10_000, interval: 1 },
    );
    return { line, harbor, sending, operations };
  }

  async function nothingIsLeft(sending: readonly string[]): Promise<void> {
    expect(await fs.readdir(desk)).toEqual([]);
    const arrived = await fs.readdir(yard.onDisk(SENDER));
    expect(arrived.filter((name) => sending.includes(name))).toEqual([]);
  }

  it("ends each of them at once when it is cut", async () => {
    const { line, harbor, sending, operations } = await busy();
    const started = performance.now();
    line.cut();
    const codes = (await Promise.all(operations)).map(({ code }) => code);
    expect(codes).toEqual(Array(OPERATIONS_IN_FLIGHT).fill("BOX_UNREACHABLE"));
    expect(performance.now() - started).toBeLessThan(2_000);
    await nothingIsLeft(sending);
    await harbor.close();
    await line[Symbol.asyncDispose]();
  });

  it("ends each of them after the idle deadline when it goes silent", async () => {
    const { line, harbor, sending, operations } = await busy({ ...PATIENT, idleMs: 500 });
    const started = performance.now();
    line.silence();
    const codes = (await Promise.all(operations)).map(({ code }) => code);
    expect(codes).toEqual(Array(OPERATIONS_IN_FLIGHT).fill("BOX_TIMEOUT"));
    expect(performance.now() - started).toBeLessThan(4_000);
    await nothingIsLeft(sending);
    await harbor.close();
    await line[Symbol.asyncDispose]();
  });

  it("ends each of them when the server stops, and those that waited their turn", async () => {
    const { line, harbor, operations } = await busy();
    const box = harbor.box(yard.boxOf(OURS));
    const later = Array.from({ length: 20 }, () => failureOf(box.remove(packetName())));
    await yard.server.close();
    const codes = (await Promise.all([...operations, ...later])).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(["BOX_UNREACHABLE"]));
    await harbor.close();
    await line[Symbol.asyncDispose]();
  });

  it("ends each of them when we hang up", async () => {
    const { line, harbor, sending, operations } = await busy();
    await harbor.close();
    const codes = (await Promise.all(operations)).map(({ code }) => code);
    expect(codes).toEqual(Array(OPERATIONS_IN_FLIGHT).fill("BOX_UNREACHABLE"));
    await nothingIsLeft(sending);
    await line[Symbol.asyncDispose]();
  });

  it("prints nothing by itself", async () => {
    const printed = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
    const { line, harbor, operations } = await busy();
    line.cut();
    await Promise.all(operations);
    await harbor.close();
    for (const spy of printed) {
      expect(spy.mock.calls).toEqual([]);
      spy.mockRestore();
    }
    await line[Symbol.asyncDispose]();
  });

  it("lets a second harbor finish the deliveries under the same names", async () => {
    const { line, harbor, sending, operations } = await busy();
    line.cut();
    await Promise.all(operations);
    await harbor.close();
    await using again = await yard.harborOf(OURS);
    const partner = again.box(yard.boxOf(SENDER));
    const ends = await Promise.all(sending.map((name) => partner.deliver(name, big)));
    expect(ends).toEqual(Array(half).fill("delivered"));
    await using owner = await yard.harborOf(SENDER);
    expect(await namesIn(owner.box(yard.boxOf(SENDER)))).toEqual(sending.toSorted());
    await line[Symbol.asyncDispose]();
  });
});

describe("deadlines", () => {
  it("end an operation that makes progress but takes too long", async () => {
    const login = yard.loginOf(SENDER, { ...PATIENT, totalMs: 50 });
    await using harbor = await openSftp(yard.addressOf(SENDER), login);
    const delivering = harbor.box(yard.boxOf(OURS)).deliver(packetName(), randomBytes(60_000_000));
    await expect(delivering).rejects.toSatisfy(refused("BOX_TIMEOUT"));
  });

  it("end a listing that gets no answer", async () => {
    await using line = await roughLine(yard.server.port);
    const address = { ...yard.addressOf(OURS), port: line.port };
    await using harbor = await openSftp(address, yard.loginOf(OURS, { ...PATIENT, idleMs: 300 }));
    line.silence();
    await expect(everything(harbor.box(yard.boxOf(OURS)))).rejects.toSatisfy(
      refused("BOX_TIMEOUT"),
    );
  });
});

describe("a harbor", () => {
  it("runs no more than eight operations at once", async () => {
    await using harbor = await yard.harborOf(SENDER);
    const box = harbor.box(yard.boxOf(OURS));
    const bytes = randomBytes(500_000);
    let delivered = false;
    const delivering = Promise.all(
      Array.from({ length: 40 }, () => box.deliver(packetName(), bytes)),
    ).finally(() => {
      delivered = true;
    });
    let most = 0;
    while (!delivered) {
      const names = await fs.readdir(yard.onDisk(OURS));
      most = Math.max(most, names.filter((name) => name.endsWith(".part")).length);
    }
    expect(await delivering).toHaveLength(40);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(OPERATIONS_IN_FLIGHT);
  });

  it("leaves no socket and no file open after fifty good and fifty refused sessions", async () => {
    const openFiles = async (): Promise<number> => (await fs.readdir("/proc/self/fd")).length;
    const openSockets = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    const session = async (): Promise<void> => {
      await using harbor = await yard.harborOf(SENDER);
      await harbor.box(yard.boxOf(OURS)).deliver(packetName(), Buffer.from("sealed"));
    };
    const wrong = { ...yard.loginOf(OURS), hostKeys: [SOME_HOST_KEY] };
    const refusedSession = () => failureOf(openSftp(yard.addressOf(OURS), wrong));
    await session();
    await until("no session is open", () => yard.server.connections.open === 0);
    const before = { files: await openFiles(), sockets: openSockets() };
    for (let count = 0; count < 50; count++) {
      await session();
      await refusedSession();
    }
    await until("no session is open", () => yard.server.connections.open === 0);
    await until("no more files are open", async () => (await openFiles()) <= before.files);
    expect(openSockets()).toBeLessThanOrEqual(before.sockets);
    expect(yard.server.connections.accepted).toBe(101);
  });
});

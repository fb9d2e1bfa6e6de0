/** A partner with an account on a real sshd, who leaves whatever it lets him leave: nobody else has to wait for it. */
import { once } from "node:events";
import { chown, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import SftpClient from "ssh2-sftp-client";
import { homePaths } from "../../daemon/config.ts";
import { leave, type Letter, nameFrom, packetXml, sealed, writerAt } from "../forge.ts";
import { boxOf, type District, meet, newWorld, type World } from "../homes.ts";
import { noOpenSsh, startOpenSsh } from "../openssh.ts";
import { alertsAt, alertsWithCause, claimOn, configure, inBox, neighbour } from "../scene.ts";
import { namesOutside } from "./world.ts";

describe.skipIf(noOpenSsh)("a partner with an account on a real server", () => {
  let world: World;
  let third: District;
  let letter: Letter;
  let client: SftpClient;
  beforeAll(async () => {
    world = await newWorld(undefined, startOpenSsh);
    third = await neighbour(world);
    const [from, to] = await Promise.all([writerAt(world.valley), writerAt(world.prairie)]);
    letter = { from, to, at: world.clock.now() };
    client = new SftpClient("partner", {});
    const { host, port } = world.server;
    const privateKey = await readFile(homePaths({ home: world.valley.folder }).sshKey);
    await client.connect({ host, port, username: `lea${world.valley.id}`, privateKey });
  }, 60_000);
  afterAll(async () => {
    await client.end();
    await world[Symbol.asyncDispose]();
  });
  const inOurs = (name: string): string => `/boxes/${world.prairie.id}/test/${name}`;
  const honest = (): Promise<Uint8Array> => sealed(packetXml(letter), letter);
  const put = (name: string, bytes: Uint8Array | string): Promise<unknown> =>
    client.put(Buffer.from(bytes as Uint8Array), inOurs(name), {
      writeStreamOptions: { mode: 0o640 },
    });
  /** Laid there as another's account lays it. @returns the number of that account */
  const leaveAs = async (home: District, bytes: Uint8Array, name: string): Promise<number> => {
    const { uid } = await stat(boxOf(world, home));
    await leave(world, world.prairie, bytes, name);
    await chown(boxOf(world, world.prairie, name), uid, -1);
    return uid;
  };
  const emptied = async (): Promise<void> => {
    for (const name of await inBox(world, world.prairie)) {
      await client.delete(inOurs(name)).catch(() => undefined);
    }
  };
  beforeEach(emptied);

  it.each<[string, () => readonly string[]]>([
    ["led elsewhere", () => ["..hidden", "a\\..\\b", "-rf", "~", "C:x"]],
    ["hold what a terminal obeys", () => ["new\nline", "\u001b[2J", "\u202egpj.exe", "\u0007"]],
    ["are very long", () => ["x".repeat(250), "ü".repeat(120)]],
    [
      "are almost a packet's",
      () => {
        const name = nameFrom(world.valley, world.prairie);
        return [
          name.toUpperCase(),
          ` ${name}`,
          `${name} (1)`,
          `${name}\n`,
          name.replace(".xml", ""),
        ];
      },
    ],
  ])(
    "leaves files whose names %s: the honest packet beside them is taken",
    async (_what, names) => {
      for (const name of names()) await put(name, "odd");
      await put(nameFrom(world.valley, world.prairie), await honest());
      const before = await namesOutside(world.folder, "server", world.prairie.id);
      const { counts, failure } = await meet(world, world.prairie);
      expect([failure, counts.taken, counts.refused]).toEqual([null, 1, 0]);
      expect(await namesOutside(world.folder, "server", world.prairie.id)).toEqual(before);
      expect(await inBox(world, world.prairie)).toHaveLength(names().length);
    },
  );

  it("is beside files whose names are no text: they are left, and the honest packet is taken", async () => {
    const box = boxOf(world, world.prairie);
    const name = Buffer.from(`/${nameFrom(world.valley, world.prairie)}`);
    const odd = [
      Buffer.from([0x2f, 0xff, 0xfe, 0x80]),
      Buffer.concat([name, Buffer.from([0xff])]),
      Buffer.from(name.toString().replace("_", "\xb2"), "latin1"),
    ].map((each) => Buffer.concat([Buffer.from(box), each]));
    for (const path of odd) await writeFile(path, "odd");
    try {
      await put(nameFrom(world.valley, world.prairie), await honest());
      const { counts, failure, exit } = await meet(world, world.prairie);
      expect([failure, exit, counts.taken, counts.refused]).toEqual([null, 0, 1, 0]);
      expect(await readdir(box)).toHaveLength(odd.length);
    } finally {
      for (const path of odd) await rm(path);
    }
  });

  it("uploads slowly, under the last name from the beginning: it is taken when it is whole", async () => {
    const name = nameFrom(world.valley, world.prairie);
    const bytes = Buffer.from(await honest());
    const upload = client.createWriteStream(inOurs(name), { mode: 0o640 });
    await once(upload, "open");
    for (const part of [bytes.subarray(0, 100), bytes.subarray(100, 500)]) {
      await new Promise<void>((resolve, reject) => {
        upload.write(part, (error) => (error ? reject(error) : resolve()));
      });
      const { counts, exit } = await meet(world, world.prairie);
      expect([exit, counts.taken, counts.waiting, counts.refused]).toEqual([0, 0, 1, 0]);
      world.clock.pass({ minutes: 30 });
    }
    upload.end(bytes.subarray(500));
    await once(upload, "close");
    expect((await meet(world, world.prairie)).counts).toMatchObject({ taken: 1, refused: 0 });
    expect(await alertsAt(world.prairie)).toEqual([]);
    expect(await inBox(world, world.prairie)).toEqual([]);
  });

  it("leaves rubbish under the names of others: nobody is blamed, and the others are served", async () => {
    for (let number = 0; number < 5; number++) {
      await put(nameFrom({ id: "1900012" as never }, world.prairie), `rubbish ${number}`);
    }
    await put(nameFrom(world.valley, world.prairie), await honest());
    const { counts } = await meet(world, world.prairie);
    expect(counts).toMatchObject({ taken: 1, refused: 5 });
    const alerts = (await alertsAt(world.prairie)).filter(({ code }) => code === "PACKET_REFUSED");
    expect(alerts.map(({ agency }) => agency)).toEqual(Array(5).fill(null));
  });

  it("floods our box: another's packet is taken all the same, and the flood is told of", async () => {
    await configure(world.prairie, { at: ["limits", "perSender"], value: { waitingFiles: 100 } });
    const first = nameFrom(world.valley, world.prairie);
    await put(first, "rubbish");
    const { uid } = await stat(boxOf(world, world.prairie, first));
    for (let number = 0; number < 149; number++) {
      const path = boxOf(world, world.prairie, nameFrom(world.valley, world.prairie));
      await writeFile(path, "rubbish");
      await chown(path, uid, -1);
    }
    const theirs = { ...letter, from: await writerAt(third) };
    await leaveAs(third, await sealed(packetXml(theirs), theirs), nameFrom(third, world.prairie));
    expect((await meet(world, world.prairie)).counts.taken).toBe(1);
    expect(await alertsWithCause(world.prairie)).toContain("SENDER_FLOODS");
  });

  it("has another's key: nothing that it leaves is believed to be that one's", async () => {
    const theirs = { ...letter, from: await writerAt(third), at: world.clock.now() };
    const [forged, own] = [nameFrom(third, world.prairie), nameFrom(third, world.prairie)];
    await put(forged, await sealed(packetXml(theirs), theirs));
    const uid = await leaveAs(third, await sealed(packetXml(theirs), theirs), own);
    expect((await meet(world, world.prairie)).counts).toMatchObject({ taken: 1, refused: 1 });
    expect(await claimOn(world.prairie, own)).toMatchObject({ state: "RECORDED", owner: uid });
    expect(await claimOn(world.prairie, forged)).toMatchObject({
      state: "QUARANTINED",
      code: "PACKET_OWNER_DIFFERS",
      from_agency: null,
    });
  });
});

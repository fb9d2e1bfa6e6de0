/** Keys and signatures that are too old, too young, too weak, or of a kind that is not taken; and headers that lie. */
import * as openpgp from "openpgp";
import { packetXml, sealed } from "../../forge.ts";
import { encrypted, frame, handSigned, signedFrames, split } from "../../keys/crafted.ts";
import {
  type Codes,
  answered,
  type Input,
  type Kind,
  refused,
  type Row,
  waiting,
} from "../kind.ts";
import { daysFromNow, NAME, spoiled, type Stage, textOf, time } from "../stage.ts";

const honest = ({ letter }: Stage): Promise<Uint8Array> => sealed(packetXml(letter), letter);

/** Its header says one time, its signature is of another. */
const dated =
  (signedDays: number, createdDays: number) =>
  (stage: Stage): Promise<Uint8Array> => {
    const at = daysFromNow(signedDays);
    const times = { CreatedDateTime: time(createdDays), ExpiresDateTime: time(createdDays + 60) };
    return sealed(textOf(stage, times), { ...stage.letter, at });
  };

const HOURS = 1 / 24;

export const times: Kind = {
  name: "expired, revoked, wrong times",
  inputs: [
    waiting(
      "B8",
      "a packet signed by a key that has expired",
      "KEY_EXPIRED",
      ({ letter, expired }) => {
        const theirs = { ...letter, from: expired, at: daysFromNow(-10) };
        return sealed(packetXml(theirs), theirs);
      },
    ),
    waiting(
      "B8",
      "a packet signed by a revoked key",
      "KEY_REVOKED",
      ({ letter, revoked }) => {
        const theirs = { ...letter, from: revoked };
        return sealed(packetXml(theirs), theirs);
      },
      "PARTNER_STOPPED",
    ),
    refused(
      "B8",
      "a packet signed before its key was made",
      "PACKET_SIGNED_AT_WRONG_TIME",
      async (stage) => {
        const { letter } = stage;
        const signed = await handSigned(letter.from, textOf(stage), { at: daysFromNow(-41) });
        return encrypted(Buffer.concat(signed), letter.to);
      },
    ),
    answered(
      "B8",
      "a packet that is younger than its signature",
      "PACKET_SIGNED_AT_WRONG_TIME",
      dated(-1, 0),
    ),
    answered(
      "B8",
      "a packet that is hours older than its signature",
      "PACKET_SIGNED_AT_WRONG_TIME",
      dated(0, -2 * HOURS),
    ),
    answered("B8", "a packet from tomorrow", "PACKET_SIGNED_AT_WRONG_TIME", dated(1, 1)),
    answered("B8", "a packet whose time is over", "PACKET_EXPIRED", (stage) => {
      const over = { CreatedDateTime: time(-30), ExpiresDateTime: time(-1) };
      return sealed(textOf(stage, over), { ...stage.letter, at: daysFromNow(-30) });
    }),
    answered("B8", "a packet that is to live too long", "PACKET_EXPIRED", (stage) =>
      sealed(textOf(stage, { ExpiresDateTime: time(91) }), stage.letter),
    ),
    answered("B8", "a packet that ends before it begins", "PACKET_EXPIRED", (stage) =>
      sealed(textOf(stage, { ExpiresDateTime: time(-1) }), stage.letter),
    ),
  ],
};

const byHash = (hash: "md5" | "sha1") => async (stage: Stage) => {
  const { letter } = stage;
  const signed = await handSigned(letter.from, textOf(stage), { hash, at: letter.at });
  return encrypted(Buffer.concat(signed), letter.to);
};

/** The honest session key, and other data under it. */
const underSessionKey =
  (tag: number, head: string) =>
  async (stage: Stage): Promise<Uint8Array> => {
    const [sessionKey = Buffer.of(), data = Buffer.of()] = split(await honest(stage));
    return Buffer.concat([
      sessionKey,
      frame(tag, Buffer.concat([Buffer.from(head, "hex"), data.subarray(7)])),
    ]);
  };

/** A session key by password, made from it as this says, before the honest file or what follows. */
const withPassword =
  (body: string, more: (stage: Stage) => Promise<Uint8Array> = honest) =>
  async (stage: Stage): Promise<Uint8Array> =>
    Buffer.concat([frame(3, Buffer.from(body, "hex")), await more(stage)]);

const dataOnly = async (stage: Stage): Promise<Uint8Array> =>
  split(await honest(stage))[1] ?? Buffer.of();

const SALT = "00".repeat(16);
/** Argon2: salt, passes, parallelism, and memory as a power of two in KiB: 2 TiB. */
const ARGON2 = `04${SALT}01041f`;

const weak: readonly Input[] = [
  refused("B9", "a packet signed by SHA-1", "PACKET_WEAK", byHash("sha1")),
  refused("B9", "a packet signed by MD5", "PACKET_WEAK", byHash("md5")),
  refused("B9", "a packet sealed with 3DES", "PACKET_WEAK", async (stage) => {
    const { letter } = stage;
    const signed = await signedFrames(letter.from, textOf(stage), { date: letter.at });
    return encrypted(Buffer.concat(signed), letter.to, { cipher: "tripledes" });
  }),
  refused("B9", "a packet without an integrity check", "PACKET_WEAK", underSessionKey(9, "")),
  refused("B9", "a packet signed by RSA of 1024 bits", "PACKET_UNKNOWN_SIGNER", async (stage) => {
    const { letter } = stage;
    const config = { minRSABits: 1024 };
    const { privateKey } = await openpgp.generateKey({
      type: "rsa",
      rsaBits: 1024,
      userIDs: { name: "Old" },
      date: daysFromNow(-1),
      format: "object",
      config,
    });
    const made: unknown = await openpgp.sign({
      message: await openpgp.createMessage({ binary: Buffer.from(textOf(stage)) }),
      signingKeys: privateKey,
      date: letter.at,
      format: "binary",
      config,
    });
    return encrypted(made as Uint8Array, letter.to);
  }),
];

const formats: readonly Input[] = [
  refused("B12", "a packet sealed with a password", "PACKET_FORMAT", async (stage) => {
    const locked: unknown = await openpgp.encrypt({
      message: await openpgp.createMessage({ text: textOf(stage) }),
      passwords: NAME,
      format: "binary",
    });
    return locked as Uint8Array;
  }),
  refused(
    "B12",
    "a packet with a password beside our key",
    "PACKET_FORMAT",
    withPassword(`04090308${"00".repeat(8)}ff`),
  ),
  refused(
    "B12",
    "a packet whose password asks for terabytes by Argon2",
    "PACKET_FORMAT",
    withPassword(`0409${ARGON2}`, dataOnly),
  ),
  refused(
    "B12",
    "a packet of version 6 whose password asks for terabytes by Argon2",
    "PACKET_FORMAT",
    withPassword(`061a0902140${ARGON2}`.padEnd(80, "0"), dataOnly),
  ),
  refused(
    "B12",
    "such a password inside our seal",
    ["PACKET_DAMAGED", "PACKET_FORMAT"],
    async (stage) => {
      const inside = await withPassword(`0409${ARGON2}`, dataOnly)(stage);
      return encrypted(inside, stage.letter.to);
    },
  ),
  refused("B13", "a packet by GnuPG's OCB", "PACKET_FORMAT", underSessionKey(20, "01090210")),
  refused("B13", "a packet by AEAD of version 2", "PACKET_FORMAT", underSessionKey(18, "02090210")),
  refused(
    "B13",
    "a packet with a part that nobody knows",
    "PACKET_FORMAT",
    underSessionKey(45, "01"),
  ),
  ...([5, 6] as const).map((version) =>
    refused("B13", `a session key of version ${version}`, "PACKET_FORMAT", async (stage) => {
      const [sessionKey = Buffer.of(), data = Buffer.of()] = split(await honest(stage));
      const body = Buffer.from(sessionKey.subarray(2));
      body[0] = version;
      return Buffer.concat([frame(1, body), data]);
    }),
  ),
  ...([3, 5, 6] as const).map((version) =>
    refused(
      "B13",
      `a signature of version ${version}`,
      ["PACKET_SIGNATURES", "PACKET_DAMAGED"],
      async (stage) => {
        const { letter } = stage;
        const [header, content, signature] = await handSigned(letter.from, textOf(stage), {
          at: letter.at,
        });
        signature[6] = version;
        return encrypted(Buffer.concat([header, content, signature]), letter.to);
      },
    ),
  ),
  refused("B13", "a packet for two readers", "PACKET_FORMAT", async (stage) => {
    const { letter, third } = stage;
    const keys = [letter.to, third].map(({ key }) => openpgp.readKey({ armoredKey: key.armored }));
    const both: unknown = await openpgp.encrypt({
      message: await openpgp.createMessage({ text: textOf(stage) }),
      encryptionKeys: await Promise.all(keys),
      format: "binary",
    });
    return both as Uint8Array;
  }),
];

export const algorithms: Kind = {
  name: "weak or unknown algorithms",
  inputs: [...weak, ...formats],
};

/** The seal is honest, and proves that the header is not. */
const lying = (what: string, code: Codes, make: Input["make"], row: Row = "B6"): Input =>
  answered(row, what, code, make);

export const headers: Kind = {
  name: "headers that lie",
  inputs: [
    lying("a packet from another agency, as its header says", "PACKET_HEADER_DIFFERS", (stage) =>
      sealed(packetXml({ ...stage.letter, from: stage.third }), stage.letter),
    ),
    lying("a packet whose header names another key", "PACKET_HEADER_DIFFERS", (stage) => {
      const { letter, third } = stage;
      return sealed(packetXml({ ...letter, from: { ...third, id: letter.from.id } }), letter);
    }),
    lying("a packet that is addressed to another agency", "PACKET_MISADDRESSED", (stage) =>
      sealed(packetXml({ ...stage.letter, to: stage.third }), stage.letter),
    ),
    lying("a packet that is addressed to a key we do not have", "PACKET_MISADDRESSED", (stage) => {
      const { letter, third } = stage;
      return sealed(packetXml({ ...letter, to: { ...third, id: letter.to.id } }), letter);
    }),
    lying("a packet with other messages than its digest", "PACKET_DIGEST_DIFFERS", (stage) =>
      spoiled(stage, /<PingDateTime>[^<]*/, `<PingDateTime>${time(-1)}`),
    ),
    lying("a packet with a message more than its digest", "PACKET_DIGEST_DIFFERS", (stage) =>
      spoiled(stage, "</Messages>", `<Ping>${NAME}</Ping></Messages>`),
    ),
    lying("a packet without a sender", "SCHEMA_INVALID", (stage) =>
      spoiled(stage, /<From>[^]*<\/From>/, `<Author>${NAME}</Author>`),
    ),
    lying("a packet whose id is a name", "SCHEMA_INVALID", (stage) =>
      spoiled(stage, /<PacketId>[^<]*/, `<PacketId>${NAME}`),
    ),
    lying("a packet with a text for a number", "SCHEMA_INVALID", (stage) =>
      spoiled(stage, /<Sequence>[^<]*/, "<Sequence>1e3"),
    ),
  ],
};

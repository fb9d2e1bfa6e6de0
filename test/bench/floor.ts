/**
 * What cannot be saved: as many packets of the same bytes are signed (Ed25519 over SHA-256), encrypted (X25519 and
 * AES-256-GCM), written once and synced, and put on the server by the same SSH client; at the other end fetched,
 * decrypted, verified, written once and synced, and answered by a signed and encrypted packet of digests. No XML is
 * read, no ledger kept, nothing is named, renamed, looked at or shown.
 *
 * `node floor.ts send|receive|close ORDER.json`, each a process of its own, as our exchanges are.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { connect as dial } from "node:net";
import { join } from "node:path";
import SftpClient from "ssh2-sftp-client";

/** Keys in PEM; who sends and who receives knows both sides' here. */
export interface FloorOrder {
  readonly host: string;
  readonly port: number;
  /** By which each logs in, what it reads, and where it writes. */
  readonly sender: FloorSide;
  readonly receiver: FloorSide;
  /** Paths of the files of each packet. */
  readonly packets: readonly (readonly string[])[];
}

export interface FloorSide {
  readonly account: string;
  readonly box: string;
  readonly privateKeyFile: string;
  readonly base: string;
  readonly signing: { readonly secret: string; readonly open: string };
  readonly encryption: { readonly secret: string; readonly open: string };
}

const GCM = { name: "aes-256-gcm", nonceBytes: 12, tagBytes: 16 } as const;
const SIGNATURE_BYTES = 64;
const X25519_BYTES = 44;

const digestOf = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

const keyFrom = (privateKey: KeyObject, publicKey: KeyObject): Buffer =>
  Buffer.from(hkdfSync("sha256", diffieHellman({ privateKey, publicKey }), "", "floor", 32));

/** Each packet has a key of its own, so that no nonce is used twice. */
const NONCE = Buffer.alloc(GCM.nonceBytes);

function sealed(content: Uint8Array, from: FloorSide, to: FloorSide): Buffer {
  const signature = sign(null, digestOf(content), createPrivateKey(from.signing.secret));
  const ephemeral = generateKeyPairSync("x25519");
  const key = keyFrom(ephemeral.privateKey, createPublicKey(to.encryption.open));
  const cipher = createCipheriv(GCM.name, key, NONCE);
  const parts = [cipher.update(signature), cipher.update(content), cipher.final()];
  const publicPart = ephemeral.publicKey.export({ type: "spki", format: "der" });
  return Buffer.concat([publicPart, cipher.getAuthTag(), ...parts]);
}

/** @throws Error if it is not of this sender, or was changed */
function opened(bytes: Buffer, from: FloorSide, to: FloorSide): Buffer {
  const ephemeral = createPublicKey({
    key: bytes.subarray(0, X25519_BYTES),
    format: "der",
    type: "spki",
  });
  const key = keyFrom(createPrivateKey(to.encryption.secret), ephemeral);
  const decipher = createDecipheriv(GCM.name, key, NONCE);
  decipher.setAuthTag(bytes.subarray(X25519_BYTES, X25519_BYTES + GCM.tagBytes));
  const plain = Buffer.concat([
    decipher.update(bytes.subarray(X25519_BYTES + GCM.tagBytes)),
    decipher.final(),
  ]);
  const content = plain.subarray(SIGNATURE_BYTES);
  const signature = plain.subarray(0, SIGNATURE_BYTES);
  if (verify(null, digestOf(content), createPublicKey(from.signing.open), signature))
    return content;
  throw new Error("a signature does not hold");
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, "w", 0o600);
  await file.writeFile(bytes);
  await file.sync();
}

async function connected(side: FloorSide, { host, port }: FloorOrder): Promise<SftpClient> {
  const client = new SftpClient();
  const privateKey = await readFile(side.privateKeyFile);
  // ssh2's own socket waits until a packet is full, and so would the floor.
  const sock = dial({ host, port, noDelay: true });
  await client.connect({ sock, username: side.account, privateKey });
  return client;
}

async function send(order: FloorOrder, client: SftpClient): Promise<void> {
  const { sender, receiver, packets } = order;
  for (const [index, paths] of packets.entries()) {
    const files = await Promise.all(paths.map((path) => readFile(path)));
    const packet = sealed(Buffer.concat(files), sender, receiver);
    const path = join(sender.base, `${index}.sealed`);
    await writeSynced(path, packet);
    await client.fastPut(path, `${receiver.box}/${index}.sealed`);
  }
}

async function receive(order: FloorOrder, client: SftpClient): Promise<void> {
  const { sender, receiver } = order;
  for (const { name } of await client.list(receiver.box)) {
    const sealedPath = join(receiver.base, `${name}.sealed`);
    await client.fastGet(`${receiver.box}/${name}`, sealedPath);
    const content = opened(await readFile(sealedPath), sender, receiver);
    await writeSynced(join(receiver.base, name), content);
    const receipt = sealed(digestOf(content), receiver, sender);
    await client.put(receipt, `${sender.box}/${name}`);
  }
}

async function close(order: FloorOrder, client: SftpClient): Promise<void> {
  const { sender, receiver } = order;
  for (const { name } of await client.list(sender.box)) {
    const receipt = opened((await client.get(`${sender.box}/${name}`)) as Buffer, receiver, sender);
    await writeSynced(join(sender.base, `${name}.receipt`), receipt);
  }
}

if (import.meta.main) {
  const [step = "", file = ""] = process.argv.slice(2);
  const order = JSON.parse(await readFile(file, "utf8")) as FloorOrder;
  const work = { send, receive, close }[step];
  if (!work) throw new Error(`no step ${step}`);
  const client = await connected(step === "receive" ? order.receiver : order.sender, order);
  await work(order, client);
  await client.end();
}

/** The kinds of server that the contract is tried on. */
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SftpClient from "ssh2-sftp-client";
import type { SftpAddress } from "../../daemon/config/address.ts";
import { connect } from "../../daemon/dropbox/connect.ts";
import { type BoxServer, type EmbeddedServer, startServer } from "../../daemon/dropbox/server.ts";
import type { Deadlines, SftpLogin } from "../../daemon/dropbox/sftp.ts";
import { type SshKey, newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { type OpenSsh, startOpenSsh } from "../openssh.ts";
import { AGENCIES, type Yard } from "./contract.ts";

const temporaryFolder = (): Promise<string> => fs.mkdtemp(join(tmpdir(), "packetboat-yard-"));

export async function folderYard(): Promise<Yard> {
  const root = await temporaryFolder();
  const boxOf = (agency: string): string => join(root, "boxes", agency);
  for (const agency of AGENCIES) await fs.mkdir(boxOf(agency), { recursive: true });
  return {
    harborOf: (agency) => connect({ kind: "folder", folder: boxOf(agency) }),
    boxOf,
    onDisk: boxOf,
    plant: (_from, to, name, bytes, mode = 0o640) =>
      fs.writeFile(join(boxOf(to), name), bytes, { mode }),
    [Symbol.asyncDispose]: () => fs.rm(root, { recursive: true, force: true }),
  };
}

/** Boxes on a server that is reached by SFTP. */
export interface ServerYard<Server extends BoxServer = BoxServer> extends Yard {
  readonly server: Server;
  keyOf(agency: string): SshKey;
  addressOf(agency: string): SftpAddress;
  loginOf(agency: string, deadlines?: Deadlines): SftpLogin;
}

export type EmbeddedYard = ServerYard<EmbeddedServer>;
export const embeddedYard = (): Promise<EmbeddedYard> => yardOn(startServer);

export type OpenSshYard = ServerYard<OpenSsh>;
export const openSshYard = (): Promise<OpenSshYard> => yardOn(startOpenSsh);

async function yardOn<Server extends BoxServer>(
  serve: (root: string) => Promise<Server>,
): Promise<ServerYard<Server>> {
  const root = await temporaryFolder();
  const server = await serve(root).catch(async (error: unknown) => {
    await fs.rm(root, { recursive: true });
    throw error;
  });
  const keys = new Map(AGENCIES.map((agency) => [agency, newSshKey(agency)]));
  const keyOf = (agency: string): SshKey => keys.get(agency) ?? newSshKey(agency);
  for (const agencyId of AGENCIES) {
    const publicKeys = [keyOf(agencyId).publicKey];
    await server.admit({ name: `lea${agencyId}`, agencyId, publicKeys });
  }
  const boxOf = (agency: string): string => `/boxes/${agency}`;
  const yard: ServerYard<Server> = {
    server,
    keyOf,
    addressOf: (agency) => ({
      kind: "sftp",
      user: `lea${agency}`,
      host: server.host,
      port: server.port,
      folder: boxOf(agency),
    }),
    loginOf: (agency, deadlines) => ({
      privateKey: keyOf(agency).privateKey,
      hostKeys: [server.hostKey],
      ...(deadlines === undefined ? {} : { deadlines }),
    }),
    harborOf: (agency) => connect(yard.addressOf(agency), yard.loginOf(agency)),
    boxOf,
    onDisk: (agency) => join(root, "boxes", agency),
    plant: async (from, to, name, bytes, mode = 0o640) => {
      const client = new SftpClient("planter", {});
      const { host, port, user: username } = yard.addressOf(from);
      await client.connect({ host, port, username, privateKey: keyOf(from).privateKey });
      await client.put(bytes, `${boxOf(to)}/${name}`, { writeStreamOptions: { mode } });
      await client.end();
    },
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await fs.rm(root, { recursive: true, force: true });
    },
  };
  return yard;
}

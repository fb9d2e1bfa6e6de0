/**
 * A state as `config/entity.md` and `config/district.md` found it: real commands, a real sshd, accounts and
 * boxes made by the script that the entity printed. The entity runs as an account of its own on that server.
 */
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { type Home, initArgs, temporaryFolder } from "./commands/home.ts";
import { resultOf } from "./commands/terminal.ts";
import { REGISTRAR } from "./homes.ts";
import { type OpenSsh, startOpenSsh } from "./openssh.ts";
import { MAIN } from "./program.ts";

export const STATE = "2700000";
export const APPROVER = "example.approver";
const SERVICE = ["--reuid=packetboat", "--regid=packetboat", "--init-groups"];

const APPROVERS = `
people:
  - { username: ${APPROVER}, name: "Example Approver", workPhone: "555-555-0199", may: [approveDistricts, approveKeyChanges] }
`;
const REGISTRARS = `
people:
  - { username: ${REGISTRAR}, name: "Example Registrar", workPhone: "555-555-0101", may: [request, release] }
`;

export interface Founding extends AsyncDisposable {
  readonly folder: string;
  readonly server: OpenSsh;
  /** Before a program that the entity's service account runs on the server. */
  readonly asService: readonly string[];
  /** `init` and who may approve; nothing is on the server yet. */
  makeEntity(name?: string): Promise<Home>;
  /** `init`, who may request, and `join`; the entity adds the card. */
  enroll(entity: Home, id: string): Promise<Home>;
  /** A command of the entity. @throws Error if it fails */
  atEntity<T = Record<string, unknown>>(entity: Home, ...argv: string[]): Promise<T>;
  /** The printed script, run as root by an administrator who has read it. @returns what it said */
  runAccounts(entity: Home): Promise<string>;
}

/**
 * A server on which nothing is made yet.
 *
 * @param stateId of the entity that will be founded there
 * @param where its state and ZIP, and its districts', as `init` takes them
 */
export async function foundState(
  stateId = STATE,
  where: readonly string[] = [],
): Promise<Founding> {
  const folder = await temporaryFolder();
  await fs.chmod(folder.path, 0o711);
  const server = await startOpenSsh(join(folder.path, "server"));
  await server.asRoot("rm", ["/etc/ssh/sshd_config.d/10-packetboat.conf"]);
  const account = "--system --user-group --shell /usr/sbin/nologin packetboat";
  await server.asRoot("useradd", account.split(" "));

  const run = async <T>(...argv: string[]): Promise<T> => {
    const stdout = await server
      .asRoot("setpriv", [...SERVICE, process.execPath, MAIN, ...argv, "--json"])
      .catch((error: unknown) => String(Reflect.get(Object(error), "stdout")));
    const answer = JSON.parse(stdout) as { result?: T };
    if (answer.result === undefined) throw new Error(stdout);
    return answer.result;
  };
  const atEntity = <T = Record<string, unknown>>(entity: Home, ...argv: string[]): Promise<T> =>
    run<T>(...argv, "--config", entity.config);

  return {
    folder: folder.path,
    server,
    asService: [...server.inside, "setpriv", ...SERVICE],
    atEntity,
    makeEntity: async (name = stateId) => {
      const home = join(folder.path, name);
      const owned = "-d -o packetboat -g packetboat -m 0711".split(" ");
      await server.asRoot("install", [...owned, home]);
      const entity = await run<Home>(
        ...initArgs(home, stateId, "--role=entity", ...where),
        `--public-address=sftp://${server.host}:${server.port}`,
        `--host-key=${server.hostKey}`,
      );
      await fs.appendFile(entity.config, APPROVERS);
      await atEntity(entity, "keys", "card");
      return entity;
    },
    enroll: async (entity, id) => {
      const home = (await resultOf(initArgs(join(folder.path, id), id, ...where))) as Home;
      await fs.appendFile(home.config, REGISTRARS);
      const config = ["--config", home.config];
      await resultOf(["keys", "card", ...config]);
      await resultOf(["join", entity.card, "--fingerprint", entity.fingerprint, ...config]);
      const told = ["--fingerprint", home.fingerprint, "--as", APPROVER];
      await atEntity(entity, "directory", "add", home.card, ...told);
      return home;
    },
    runAccounts: async (entity) => {
      const { script } = await atEntity<{ script: string }>(entity, "directory", "accounts");
      const said = await server.asRoot("sh", ["-s"], script);
      if (said.includes("Now let sshd read")) {
        await server.asRoot("pkill", ["-HUP", "-o", "-x", "sshd"]);
      }
      return said;
    },
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

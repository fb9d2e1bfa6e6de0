/** What a night asks of the server, looked at again and again. */
import type { OpenSsh } from "../openssh.ts";
import {
  boxesIn,
  connectionsTo,
  cpuSeconds,
  fillings,
  loggingIn,
  peakMegabytes,
  processOf,
} from "./gauge.ts";

export interface Strain {
  readonly mostConnections: number;
  /** Connections that had not logged in yet; the server's MaxStartups is about these. */
  readonly mostLoggingIn: number;
  /** That the server dropped because too many were logging in. */
  readonly dropped: number;
  /** Packets that lay in one box, and in all of them. */
  readonly fullestBox: number;
  readonly mostInBoxes: number;
  readonly entitysPeakMegabytes: number;
  readonly entitysCpuSeconds: number;
  /** Of sshd and all its sessions that have ended. */
  readonly sshdsCpuSeconds: number;
}

const LOGINS_EVERY_MS = 50;
const CONNECTIONS_EVERY_MS = 250;

export class Watch implements Disposable {
  readonly #server: OpenSsh;
  readonly #boxes: readonly string[];
  readonly #listener: number;
  readonly #entity: number;
  readonly #sampling: readonly NodeJS.Timeout[];
  readonly #cpuBefore: number;
  #most = { connections: 0, loggingIn: 0, box: 0, boxes: 0 };

  constructor(server: OpenSsh, ids: readonly string[], entityConfig: string) {
    this.#server = server;
    this.#boxes = boxesIn(server.boxOnDisk(".."), ids);
    this.#listener = found("sshd", processOf("/sshd", `-p ${server.port} `));
    this.#entity = found("the entity's daemon", processOf("/node", `run --config ${entityConfig}`));
    this.#cpuBefore = cpuSeconds(this.#listener);
    this.#sampling = [
      setInterval(() => this.#countLogins(), LOGINS_EVERY_MS),
      setInterval(() => void this.#countConnections(), CONNECTIONS_EVERY_MS),
    ];
  }

  /** @returns how many packets lie in the boxes */
  async look(): Promise<number> {
    const filled = await fillings(this.#boxes);
    const all = filled.reduce((sum, count) => sum + count, 0);
    this.#most.box = Math.max(this.#most.box, ...filled);
    this.#most.boxes = Math.max(this.#most.boxes, all);
    return all;
  }

  /** What it has come to, before the entity's daemon ends. */
  strain(): Strain {
    const dropped = this.#server.logged().match(/drop connection #\d+/g)?.length ?? 0;
    return {
      mostConnections: this.#most.connections,
      mostLoggingIn: this.#most.loggingIn,
      dropped,
      fullestBox: this.#most.box,
      mostInBoxes: this.#most.boxes,
      entitysPeakMegabytes: peakMegabytes(this.#entity),
      entitysCpuSeconds: Math.round(cpuSeconds(this.#entity)),
      sshdsCpuSeconds: Math.round(cpuSeconds(this.#listener) - this.#cpuBefore),
    };
  }

  [Symbol.dispose](): void {
    for (const sampling of this.#sampling) clearInterval(sampling);
  }

  #countLogins(): void {
    this.#most.loggingIn = Math.max(this.#most.loggingIn, loggingIn(this.#listener));
  }

  async #countConnections(): Promise<void> {
    const open = await connectionsTo(this.#server.port);
    this.#most.connections = Math.max(this.#most.connections, open);
  }
}

function found(what: string, processId: number | null): number {
  if (processId !== null) return processId;
  throw new Error(`${what} is not among the processes`);
}

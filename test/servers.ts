/** Servers of other makers, started on this machine for a test. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** A port of the loopback address that nobody has now; somebody may take it before we do. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const listener = createServer().listen(0, host);
  await once(listener, "listening");
  const address = listener.address();
  const closed = once(listener, "close");
  listener.close();
  await closed;
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** End a server whose first process lives as long as it can read from us, and wait until it is gone. */
export async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const closed = once(server, "close");
  server.stdin?.end();
  await closed;
}

/** A TCP line through which a test reaches a server, and which it can spoil. */
import { once } from "node:events";
import { type Socket, connect, createServer } from "node:net";

export interface RoughLine extends AsyncDisposable {
  readonly port: number;
  /** Break every connection, without a word. */
  cut(): void;
  /** Swallow everything from now on, in both directions. */
  silence(): void;
}

/** @param port of the server on this machine */
export async function roughLine(port: number): Promise<RoughLine> {
  const sockets = new Set<Socket>();
  let silent = false;
  const listener = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: "127.0.0.1", port, noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => void (silent || to.write(bytes)));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut,
    silence: () => {
      silent = true;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(listener, "close");
      listener.close();
      cut();
      await closed;
    },
  };
}

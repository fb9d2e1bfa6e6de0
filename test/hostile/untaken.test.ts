import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { watchUntaken } from "../../daemon/dropbox/line.ts";
import { until } from "../until.ts";

it.each([
  ["listens is heard", 1_000_000, false],
  ["does not listen is given up", 40_000_000, true],
])("a server that asks and %s", async (_what, answered, isGivenUp) => {
  let caller: Socket | undefined;
  const server = createServer((socket) => {
    caller = socket.pause();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const socket = connect(port, "127.0.0.1");
  let questions = 0;
  let given = false;
  socket.on("data", () => questions++);
  watchUntaken(socket, () => (given = true));
  socket.write(Buffer.alloc(answered));
  (await until("it was called", () => caller)).write("?");
  await until("it has asked", () => questions > 0);
  expect(given).toBe(isGivenUp);
  socket.destroy();
  caller?.destroy();
  server.close();
});

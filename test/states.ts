/** A state as the demo makes it: an entity and three of its districts, with a clock that the test moves. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type District,
  enroll,
  type Entity,
  serverRoot,
  settle,
  settleEntity,
} from "../daemon/commands/demo/world.ts";
import { type BoxServer, startServer } from "../daemon/dropbox/server.ts";
import { parseAgencyId } from "../daemon/ids.ts";
import { Clock } from "./homes.ts";

export interface State extends AsyncDisposable {
  readonly folder: string;
  readonly server: BoxServer;
  readonly clock: Clock;
  readonly entity: Entity;
  /** Where the student goes. */
  readonly valley: District;
  /** Where the student comes from. */
  readonly prairie: District;
  /** Knows nothing of the student. */
  readonly corners: District;
}

const PLACE = { city: "Example City", state: "MN", zip: "55001", timeZone: "America/Chicago" };

/**
 * An entity and three districts that have joined it; no directory is published yet, and the registry is
 * empty. All gone when the test is over.
 *
 * @param serve starts the server in this folder: the embedded one, or `startOpenSsh`
 */
export async function newState(
  at = "2024-07-19T14:00:00Z",
  serve: (root: string) => Promise<BoxServer> = startServer,
): Promise<State> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-test-"));
  const root = serverRoot(folder);
  const server = await serve(root);
  const clock = new Clock(at);
  const named = (id: string, name: string, phone: string) => ({
    ...PLACE,
    id: parseAgencyId(id),
    name,
    phone,
  });
  const state = { ...named("2700000", "Example State Department", "555-555-0199"), root };
  const entity = await settleEntity(server, join(folder, state.id), state, clock);
  const joined = async (id: string, name: string, phone: string): Promise<District> => {
    const district = await settle(server, join(folder, id), named(id, name, phone), clock);
    await enroll(entity, district, clock);
    return district;
  };
  return {
    folder,
    server,
    clock,
    entity,
    valley: await joined("2700417", "Example Valley Schools", "555-555-0140"),
    prairie: await joined("2700105", "Example Prairie Schools", "555-555-0170"),
    corners: await joined("2700012", "Example Corners", "555-555-0190"),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A state as the demo makes it: an entity and three of its districts, with a clock that the test moves. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  befriend,
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

/** Where a state is, and what it is called. */
interface Land {
  /** FIPS code: the first two digits of each id. */
  readonly fips: string;
  readonly state: string;
  readonly zip: string;
  /** Before the names of its agencies. */
  readonly called: string;
  readonly area: string;
}

const MINNESOTA: Land = { fips: "27", state: "MN", zip: "55001", called: "Example", area: "555" };
const OHIO: Land = { fips: "39", state: "OH", zip: "43004", called: "Sample", area: "556" };

/**
 * An entity and three districts that have joined it; no directory is published yet, and the registry is
 * empty. All gone when the test is over.
 *
 * @param serve starts the server in this folder: the embedded one, or `startOpenSsh`
 */
export const newState = (
  at = "2024-07-19T14:00:00Z",
  serve: (root: string) => Promise<BoxServer> = startServer,
): Promise<State> => stateIn(MINNESOTA, new Clock(at), serve);

async function stateIn(
  { fips, called, area, ...where }: Land,
  clock: Clock,
  serve: (root: string) => Promise<BoxServer>,
): Promise<State> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-test-"));
  const root = serverRoot(folder);
  const server = await serve(root);
  const named = (number: string, name: string, phone: string) => ({
    ...where,
    city: `${called} City`,
    timeZone: "America/Chicago",
    id: parseAgencyId(`${fips}${number}`),
    name: `${called} ${name}`,
    phone: `${area}-555-${phone}`,
  });
  const state = { ...named("00000", "State Department", "0199"), root };
  const entity = await settleEntity(server, join(folder, state.id), state, clock);
  const joined = async (number: string, name: string, phone: string): Promise<District> => {
    const known = named(number, name, phone);
    const district = await settle(server, join(folder, known.id), known, clock);
    await enroll(entity, district, clock);
    return district;
  };
  return {
    folder,
    server,
    clock,
    entity,
    valley: await joined("00417", "Valley Schools", "0140"),
    prairie: await joined("00105", "Prairie Schools", "0170"),
    corners: await joined("00012", "Corners", "0190"),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Two states, each with a server of its own, whose entities are peers. One clock for all. */
export interface Country extends AsyncDisposable {
  readonly clock: Clock;
  /** Minnesota. */
  readonly here: State;
  /** Ohio. */
  readonly there: State;
}

/** No directory is published yet, and nothing passed on. */
export async function newCountry(at = "2024-07-19T14:00:00Z"): Promise<Country> {
  const clock = new Clock(at);
  const here = await stateIn(MINNESOTA, clock, startServer);
  const there = await stateIn(OHIO, clock, startServer);
  await befriend(here, there, clock);
  return {
    clock,
    here,
    there,
    [Symbol.asyncDispose]: async () => {
      await here[Symbol.asyncDispose]();
      await there[Symbol.asyncDispose]();
    },
  };
}

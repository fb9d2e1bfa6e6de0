/** Whether a directory that the entity signed is one to go by. Pure. */
import { type ErrorCode, PacketboatError } from "../errors.ts";
import { type AgencyId, isEntityId, isOfState, type Sha256 } from "../ids.ts";
import { CLOCK_SKEW_MS } from "../keys/standing.ts";
import type { DirectoryRow } from "../ledger/tables.ts";
import type { DocumentProcessCode } from "../packet/model.gen.ts";
import type { Directory, DirectoryAgency, DirectoryKey } from "./directory.gen.ts";

export interface Judging {
  readonly entityId: AgencyId;
  readonly processCode: DocumentProcessCode;
  /** The last good one of this entity, or `null`. */
  readonly last: Pick<DirectoryRow, "version" | "sha256"> | null;
  readonly at: Date;
}

/**
 * Refuse a directory that contradicts itself, is not the entity's own matter, or comes too late.
 *
 * @param sha256 of what it says
 * @returns `same` if it is the one that is known
 * @throws PacketboatError DIRECTORY_INVALID, DIRECTORY_OLDER, DIRECTORY_CONFLICT, DIRECTORY_EXPIRED
 */
export function judgeDirectory(
  directory: Directory,
  sha256: Sha256,
  judging: Judging,
): "newer" | "same" {
  const fault = faultOf(directory, judging);
  if (fault !== null) throw refusal("DIRECTORY_INVALID", fault);
  const { last, at } = judging;
  const version = Number(directory.Version);
  if (last && version < last.version) {
    const sentence = `it has version ${version}, and version ${last.version} is known`;
    throw refusal("DIRECTORY_OLDER", sentence);
  }
  if (last && version === last.version && sha256 !== last.sha256) {
    throw refusal("DIRECTORY_CONFLICT", `it says something else than the known version ${version}`);
  }
  if (Date.parse(directory.ExpiresDateTime) <= at.getTime()) {
    throw refusal("DIRECTORY_EXPIRED", `it expired at ${directory.ExpiresDateTime}`);
  }
  return version === last?.version ? "same" : "newer";
}

function faultOf(directory: Directory, { entityId, processCode, at }: Judging): string | null {
  const { EntityId, DocumentProcessCode: code, IssuedDateTime, ExpiresDateTime } = directory;
  if (EntityId !== entityId) return `it is the list of entity ${EntityId}`;
  if (code !== processCode) return `it is for ${code}, and this home for ${processCode}`;
  const issued = Date.parse(IssuedDateTime);
  if (issued > at.getTime() + CLOCK_SKEW_MS)
    return `it was issued in the future, ${IssuedDateTime}`;
  if (Date.parse(ExpiresDateTime) <= issued) return `it expires before it was issued`;
  const agencies = directory.Agency ?? [];
  const foreign = agencies.filter(({ AgencyId: id }) => !isOfState(id as AgencyId, entityId));
  const stranger = foreign.find((agency) => !isPeer(agency));
  if (stranger) return `it lists agency ${stranger.AgencyId}, which is of another state`;
  const state = doubled(foreign.map(({ AgencyId: id }) => id.slice(0, 2)));
  if (state !== null) return `it lists two entities of the state ${state}`;
  const twice = doubled([EntityId, ...agencies.map(({ AgencyId: id }) => id)]);
  if (twice !== null) return `it lists agency ${twice} twice`;
  const keysOfEach = [directory.Key, ...agencies.map(({ Key }) => Key ?? [])];
  const key = doubled(keysOfEach.flatMap((keys) => keys.map(({ Fingerprint }) => Fingerprint)));
  if (key !== null) return `it lists key ${key} twice`;
  const torn = keysOfEach.find((keys) => keys.filter(isCurrent).length > 1)?.[0];
  return torn ? `it lists several present keys for the owner of ${torn.Fingerprint}` : null;
}

/** Of another state an entity's directory names the entity, which speaks for the rest itself. */
const isPeer = ({ AgencyId: id, Role }: DirectoryAgency): boolean =>
  Role === "Entity" && isEntityId(id);

const isCurrent = ({ KeyStanding }: DirectoryKey): boolean => KeyStanding === "Current";

function doubled(names: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return null;
}

const refusal = (code: ErrorCode, how: string): PacketboatError =>
  new PacketboatError(code, `the directory is not taken: ${how}`);

/** Records on their way from Prairie to Valley, through real homes. */
import { readdir } from "node:fs/promises";
import { asked, drop, dropRelease, meet, office, recordAlone, type World } from "../homes.ts";

/** Ask, release with documents, and take in. @returns the reference, which is the folder's name */
export async function delivered(world: World): Promise<string> {
  const reference = await asked(world);
  await dropRelease(world, reference);
  await meet(world, world.prairie);
  await meet(world, world.valley);
  return reference;
}

/** More of the same student's records. */
export async function supplemented(world: World, reference: string): Promise<void> {
  const record = await recordAlone();
  const about = `<Release><Reference>${reference}</Reference><Supplement>true</Supplement>`;
  await drop(world.prairie, "supplement.xml", record.replace("<Release>", about));
  await meet(world, world.prairie);
  await meet(world, world.valley);
}

/** Prairie recalls all that it sent; Valley has not heard of it yet. */
export async function recalled(world: World, reference: string): Promise<void> {
  const recall = `<Recall><Reference>${reference}</Reference><ReasonCode>WrongStudent</ReasonCode></Recall>`;
  await drop(world.prairie, "recall.xml", recall);
  await meet(world, world.prairie);
}

/** What lies in Valley's records, hidden things too. */
export const recordsAt = async ({ valley }: World): Promise<string[]> =>
  (await readdir(office(valley, "records"))).toSorted();

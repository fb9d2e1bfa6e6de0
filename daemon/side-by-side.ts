/** Work on many things of which each may wait for the disk beside the others. */
import pLimit from "p-limit";

/** More than these keep a disk no busier. */
const AT_ONCE = 8;

/**
 * @param atOnce how many are under way at any time
 * @returns what the work makes of each item, in their order
 * @throws the first failure, but not before all that was begun has ended: nothing goes on behind the back of whoever
 *   hears of it
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce = AT_ONCE,
): Promise<Result[]> {
  const limited = pLimit(atOnce);
  let hasFailed = false;
  const begun = items.map((item) =>
    limited(async () => {
      if (hasFailed) return null;
      try {
        return { made: await work(item) };
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }),
  );
  const made: Result[] = [];
  for (const end of await Promise.allSettled(begun)) {
    if (end.status === "rejected") throw end.reason;
    if (end.value) made.push(end.value.made);
  }
  return made;
}

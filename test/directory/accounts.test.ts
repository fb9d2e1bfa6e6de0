import { expect, it } from "vitest";
import { Accounts } from "../../daemon/directory/accounts.ts";
import { PacketboatError } from "../../daemon/errors.ts";
import { type AgencyId, parseAgencyId } from "../../daemon/ids.ts";
import { refused } from "../dropbox/contract.ts";

const [US, THEM, ABROAD, NOBODY] = ["2700105", "3900417", "1900012", "0600001"].map(
  parseAgencyId,
) as [AgencyId, AgencyId, AgencyId, AgencyId];
const THEIRS = 1002;

/** A server on which these boxes belong to these accounts. */
const serverWith = (owners: Readonly<Record<string, number>>) =>
  new Accounts(US, async (id) => owners[id] ?? null);
const APART = { [US]: 1001, [THEM]: THEIRS, [ABROAD]: 1001 };

const signer = (id: AgencyId, box = id) => ({ id, box });

it("refuses what another's account left, and says whose it was to be", async () => {
  const error = await serverWith(APART)
    .assertLeftBy(signer(THEM), 1003)
    .catch((each: unknown) => each);
  expect(error).toSatisfy(refused("PACKET_OWNER_DIFFERS"));
  const { message, facts } = error as PacketboatError;
  expect(message).toBe(
    `account 1003 left it, and the account of agency ${THEM}, which signed it, is ${THEIRS}`,
  );
  expect(facts).toEqual({ account: 1003 });
});

it.each<[string, Accounts, AgencyId, number | null, AgencyId?]>([
  ["its signer left", serverWith(APART), THEM, THEIRS],
  ["the server's administrator left", serverWith(APART), THEM, 0],
  ["somebody left of whom the server says nothing", serverWith(APART), THEM, null],
  ["an agency signed that has no box here", serverWith(APART), NOBODY, 1003],
  ["an agency signed whose entity brings it", serverWith(APART), THEM, 1003, ABROAD],
  ["came where all boxes are one account's", serverWith({ [US]: 9, [THEM]: 9 }), THEM, 1003],
  ["came where the boxes are root's", serverWith({ [US]: 1001, [THEM]: 0 }), THEM, 1003],
])("takes what %s", async (_what, accounts, id, owner, box) => {
  await expect(accounts.assertLeftBy(signer(id, box), owner)).resolves.toBeUndefined();
});

it("asks for each box once, and again when the line had failed", async () => {
  const asked: AgencyId[] = [];
  const accounts = new Accounts(US, async (id) => {
    asked.push(id);
    if (asked.length === 1) throw new PacketboatError("BOX_UNREACHABLE", "the line is lost");
    return APART[id] ?? null;
  });
  const left = () => accounts.assertLeftBy(signer(THEM), THEIRS);
  await expect(left()).rejects.toSatisfy(refused("BOX_UNREACHABLE"));
  await left();
  await left();
  expect(asked).toEqual([THEM, THEM]);
});

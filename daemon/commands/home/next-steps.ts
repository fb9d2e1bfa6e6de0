/** What is to be done after a home was made, in the order of `config/entity.md` and `config/district.md`. */
import { parseBoxAddress } from "../../config.ts";
import type { MadeHome } from "./make.ts";
import { hasServer, type NewDistrict, type NewEntity, type NewHome } from "./template.ts";

export const nextSteps = (made: MadeHome, wanted: NewHome): string[] =>
  wanted.role === "entity" ? entitysSteps(made, wanted) : districtsSteps(made, wanted);

const runOf = ({ config }: MadeHome): string => `packetboat --config ${config}`;

function entitysSteps(made: MadeHome, wanted: NewEntity): string[] {
  const run = runOf(made);
  return [
    ...(hasServer(wanted) ? [] : [`Name your server under server: in ${made.config}`]),
    `Name who may approve under people: in the config, then: ${run} keys card`,
    `Make the boxes, as root, when you have read the script: ${run} directory accounts >accounts.sh`,
    `Bring the registry: ${run} registry import FILE --snapshot`,
    `Hand out ${made.card} to the districts, and read the fingerprint out by telephone`,
    `Add each district's card: ${run} directory add CARD`,
    `Make their accounts, as root: ${run} directory accounts >accounts.sh`,
    `Publish the directory: ${run} directory publish`,
    `See what is missing: ${run} check`,
  ];
}

function districtsSteps(made: MadeHome, wanted: NewDistrict): string[] {
  const { dropBox } = wanted;
  const run = runOf(made);
  const people = `Name who may ask and release under people: in the config, then: ${run} keys card`;
  const check = `See what is missing: ${run} check`;
  if (dropBox === undefined) {
    return [
      people,
      `Join your state's entity, whose card says where the drop boxes are: ${run} join CARD`,
      `Mail ${made.card} to it, and read the fingerprint out when it calls`,
      check,
      `Without an entity: name your drop box under server: in the config, and ${run} partner add CARD`,
    ];
  }
  const isServer = parseBoxAddress(dropBox).kind === "sftp";
  return [
    ...(isServer ? [`Send ${made.sshPublicKey} to the server's administrator`] : []),
    ...(isServer && !hasServer(wanted)
      ? ["Ask them for the server's host key; put it under server: in the config"]
      : []),
    people,
    `Send ${made.card} to your partner, and read the fingerprint out by telephone`,
    `Add the partner's card: ${run} partner add CARD`,
    check,
  ];
}

import { Option } from "commander";
import { parseBoxAddress, readConfig } from "../config.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import { parseAgencyId, showFingerprint } from "../ids.ts";
import { defineCommand } from "./frame/command.ts";
import { pairs } from "./frame/shown.ts";
import { type MadeHome, makeHome } from "./home/make.ts";
import { sharingLines } from "./home/sharing.ts";
import { hasServer, type NewHome } from "./home/template.ts";
import { timeZoneOf } from "./home/zones.ts";
import { ownAccount } from "../people.ts";

interface Options {
  readonly role: NewHome["role"];
  readonly agencyId: string;
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  readonly stateNumber?: string;
  readonly phone?: string;
  readonly timeZone?: string;
  readonly dropBox?: string;
  readonly hostKey?: string[];
  readonly yes?: boolean;
}

export const command = defineCommand<{ args: [dir: string]; options: Options }>({
  summary: "make a home: keys, folders, config and card",
  example:
    'init /var/lib/packetboat --role district --agency-id 2700105 --name "Example Public Schools" --city "Example City" --state MN --zip 55001',
  syntax: (syntax) =>
    syntax
      .argument("<dir>", "a folder that is empty or not there")
      .addOption(
        new Option("--role <role>", "what the agency is")
          .choices(["district", "entity"])
          .makeOptionMandatory(),
      )
      .requiredOption("--agency-id <id>", "seven digits: the NCES id of the district")
      .requiredOption("--name <name>", "of the agency")
      .requiredOption("--city <city>", "of its office")
      .requiredOption("--state <st>", "two letters")
      .requiredOption("--zip <zip>", "of its office")
      .option("--state-number <number>", "what the state calls the district")
      .option("--phone <number>", "that others are told to call")
      .option("--time-zone <zone>", "like America/Chicago (else the state's)")
      .option("--drop-box <address>", "sftp://user@host:port/path/<id> or file:///path/<id>")
      .option("--host-key <fingerprint...>", "SHA256:… of the drop box's server")
      .option("--yes", "do not ask"),
  async run({ args: [dir], options, context }) {
    const wanted = newHome(context.path(dir), options);
    if (context.isAttended && options.yes !== true) {
      const about = [`A home for ${wanted.name} (${wanted.agencyId}) in ${wanted.folder}`];
      if (!(await context.confirm(about, "Make it?", ""))) {
        throw new PacketboatError("USAGE", "nothing was made");
      }
    }
    const made = await makeHome(wanted, context.now()).catch(asTyped);
    const sharing = sharingLines(await readConfig(made.config), ownAccount());
    return { result: resultOf(made, wanted), lines: [...linesOf(made, wanted), "", ...sharing] };
  },
});

function newHome(folder: string, options: Options): NewHome {
  if (options.role === "entity") {
    throw new PacketboatError(
      "USAGE",
      "homes of the role entity cannot be made yet, only districts",
    );
  }
  const state = options.state.toUpperCase();
  const timeZone = options.timeZone ?? timeZoneOf(state);
  if (timeZone === undefined) {
    throw new PacketboatError("USAGE", `${state} is no state: name it by two letters, like MN`);
  }
  const { hostKey: hostKeys, agencyId, ...typed } = options;
  return { ...typed, folder, agencyId: parseAgencyId(agencyId), state, timeZone, hostKeys };
}

/** There is no config yet, so its faults are those of the options. */
function asTyped(error: unknown): never {
  if (!isRefusal(error, "CONFIG_INVALID")) throw error;
  const { faults } = error.facts;
  const told = Array.isArray(faults)
    ? faults.map((fault) => String(fault).replace(/^packetboat\.yaml:[0-9]+: /, ""))
    : [error.message];
  throw new PacketboatError("USAGE", "these values make no config", {
    facts: { faults: told },
    cause: error,
  });
}

const resultOf = (made: MadeHome, wanted: NewHome) => ({
  ...made,
  keyExpires: made.keyExpires.toISOString(),
  agencyId: wanted.agencyId,
  mode: "test",
  hasServer: hasServer(wanted),
});

function linesOf(made: MadeHome, wanted: NewHome): string[] {
  return [
    `Made a home for ${wanted.name} (${wanted.agencyId}), in mode test.`,
    "",
    ...pairs([
      ["Config", made.config],
      ["Card", made.card],
      ["OpenPGP fingerprint", showFingerprint(made.fingerprint)],
      ["Key expires", made.keyExpires.toISOString().slice(0, 10)],
      ["SSH public key", made.sshPublicKey],
      ["SSH fingerprint", made.sshFingerprint],
    ]),
    "",
    "Next:",
    ...nextSteps(made, wanted).map((step, index) => `  ${index + 1}. ${step}`),
  ];
}

function nextSteps(made: MadeHome, wanted: NewHome): string[] {
  const { dropBox } = wanted;
  const run = `packetboat --config ${made.config}`;
  const isServer = dropBox !== undefined && parseBoxAddress(dropBox).kind === "sftp";
  return [
    ...(dropBox === undefined ? [`Name your drop box under server: in ${made.config}`] : []),
    ...(isServer ? [`Send ${made.sshPublicKey} to the server's administrator`] : []),
    ...(isServer && !hasServer(wanted)
      ? ["Ask them for the server's host key; put it under server: in the config"]
      : []),
    `Name who may ask and release under people: in the config, then: ${run} keys card`,
    `Send ${made.card} to your partner, and read the fingerprint out by telephone`,
    `Add the partner's card: ${run} partner add CARD`,
    `See what is missing: ${run} check`,
  ];
}

import { Option } from "commander";
import { readConfig } from "../config.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import { parseAgencyId, showFingerprint } from "../ids.ts";
import { defineCommand } from "./frame/command.ts";
import { pairs } from "./frame/shown.ts";
import { type MadeHome, makeHome } from "./home/make.ts";
import { sharingLines } from "./home/sharing.ts";
import { nextSteps } from "./home/next-steps.ts";
import { hasServer, type NewHome } from "./home/template.ts";
import { networkParagraph } from "./showing/network.ts";
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
  readonly publicAddress?: string;
  readonly root?: string;
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
      .requiredOption(
        "--agency-id <id>",
        "seven digits: the NCES id of a district; an entity's is the state's FIPS code and 00000",
      )
      .requiredOption("--name <name>", "of the agency")
      .requiredOption("--city <city>", "of its office")
      .requiredOption("--state <st>", "two letters")
      .requiredOption("--zip <zip>", "of its office")
      .option("--state-number <number>", "what the state calls the district")
      .option("--phone <number>", "that others are told to call")
      .option("--time-zone <zone>", "like America/Chicago (else the state's)")
      .option("--drop-box <address>", "sftp://user@host:port/path/<id> or file:///path/<id>")
      .option("--public-address <address>", "of an entity's server: sftp://host:port")
      .option("--root <folder>", "of an entity's server, for boxes/ and directory/")
      .option("--host-key <fingerprint...>", "SHA256:… of the server")
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
    const config = await readConfig(made.config);
    const network = `For your network team: ${networkParagraph(config)}.`;
    const sharing = sharingLines(config, ownAccount());
    return {
      result: resultOf(made, wanted),
      lines: [...linesOf(made, wanted), "", network, "", ...sharing],
    };
  },
});

function newHome(folder: string, options: Options): NewHome {
  const state = options.state.toUpperCase();
  const timeZone = options.timeZone ?? timeZoneOf(state);
  if (timeZone === undefined) {
    throw new PacketboatError("USAGE", `${state} is no state: name it by two letters, like MN`);
  }
  const { hostKey: hostKeys, agencyId, dropBox, publicAddress, root, ...typed } = options;
  refuseForeign(options);
  const agency = { ...typed, folder, agencyId: parseAgencyId(agencyId), state, timeZone, hostKeys };
  return options.role === "entity"
    ? { ...agency, role: "entity", publicAddress, root }
    : { ...agency, role: "district", dropBox };
}

/** @throws PacketboatError USAGE for an option of the other role */
function refuseForeign({ role, ...options }: Options): void {
  const foreign = role === "entity" ? (["dropBox"] as const) : (["publicAddress", "root"] as const);
  const [found] = foreign.filter((name) => options[name] !== undefined);
  if (found === undefined) return;
  const option = found.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new PacketboatError("USAGE", `--${option} is not for the role ${role}`);
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

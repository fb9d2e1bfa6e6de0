/** What in a box is no packet at all: no plain file, or of no packet's name. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nameFrom, packetXml, sealed } from "../../forge.ts";
import { NO_FILES, secondName } from "../../hostile/odd.ts";
import { type Kind, leftAlone } from "../kind.ts";
import { type Stage } from "../stage.ts";

export const noFiles: Kind = {
  name: "links, pipes, devices, folders",
  inputs: [...NO_FILES, ["a second name of another file", secondName] as const].map(([what, put]) =>
    leftAlone("B17", `${what} under a packet's name`, ({ reader }) => ({
      file: { put: (path) => put(path.toString(), join(reader.folder, "keys", "openpgp.asc")) },
    })),
  ),
};

const NAMES: readonly (readonly [what: string, name: string | Uint8Array])[] = [
  ["leads up", "..\\..\\escape.xml.pgp"],
  ["leads up in disguise", "..%2f..%2fescape.xml.pgp"],
  ["begins with a dot", "..escape"],
  ["is a drive of Windows", "C:escape"],
  ["is a home folder", "~"],
  ["is an option of a command", "-rf"],
  ["has a new line", "new\nline"],
  ["clears a terminal", "\u001b[2J"],
  ["rings", "\u0007"],
  ["reads backwards", "\u202egpj.exe"],
  ["is as long as a disk takes", "x".repeat(255)],
  ["is as long as a disk takes, and not of ASCII", "ü".repeat(127)],
  ["is not UTF-8", Buffer.from([0xff, 0xfe, 0x2e, 0x80])],
];

const ALMOST: readonly (readonly [what: string, change: (name: string) => string | Uint8Array])[] =
  [
    ["in capitals", (name) => name.toUpperCase()],
    ["with an ending in capitals", (name) => name.replace(".xml", ".XML")],
    ["behind a blank", (name) => ` ${name}`],
    ["before a new line", (name) => `${name}\n`],
    ["before a number", (name) => `${name} (1)`],
    ["without its .xml", (name) => name.replace(".xml", "")],
    ["before bytes that are not UTF-8", (name) => Buffer.from(`${name}\xff`, "latin1")],
  ];

/** An honest packet, but for its name. */
const under = (what: string, nameOf: (stage: Stage) => string | Uint8Array) =>
  leftAlone("B18", `a packet whose name ${what}`, async (stage) => {
    const bytes = await sealed(packetXml(stage.letter), stage.letter);
    return { file: { name: nameOf(stage), put: (path) => writeFile(path, bytes) } };
  });

export const names: Kind = {
  name: "names that are none",
  inputs: [
    ...NAMES.map(([what, name]) => under(what, () => name)),
    ...ALMOST.map(([what, change]) =>
      under(`is a packet's ${what}`, ({ world, reader }) => change(nameFrom(world.valley, reader))),
    ),
  ],
};

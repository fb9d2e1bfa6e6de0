/**
 * Every command, by the name that is typed and in the order of `--help`. Each has a file of that name;
 * only the one that is named is loaded.
 */
import type { Command } from "./frame/command.ts";

export const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  demo: () => import("./demo.ts"),
  init: () => import("./init.ts"),
  check: () => import("./check.ts"),
  "keys show": () => import("./keys-show.ts"),
  "keys card": () => import("./keys-card.ts"),
  "partner add": () => import("./partner-add.ts"),
  "partner list": () => import("./partner-list.ts"),
  "partner remove": () => import("./partner-remove.ts"),
  locate: () => import("./locate.ts"),
};

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
  "keys rotate": () => import("./keys-rotate.ts"),
  "keys backup": () => import("./keys-backup.ts"),
  "keys restore": () => import("./keys-restore.ts"),
  "partner add": () => import("./partner-add.ts"),
  "partner list": () => import("./partner-list.ts"),
  "partner remove": () => import("./partner-remove.ts"),
  locate: () => import("./locate.ts"),
  request: () => import("./request.ts"),
  "transfers list": () => import("./transfers-list.ts"),
  "transfers show": () => import("./transfers-show.ts"),
  "transfers history": () => import("./transfers-history.ts"),
  release: () => import("./release.ts"),
  hold: () => import("./hold.ts"),
  reject: () => import("./reject.ts"),
  withdraw: () => import("./withdraw.ts"),
  recall: () => import("./recall.ts"),
  cancel: () => import("./cancel.ts"),
  imported: () => import("./imported.ts"),
  exchange: () => import("./exchange.ts"),
  ping: () => import("./ping.ts"),
  "alerts list": () => import("./alerts-list.ts"),
  "alerts resolve": () => import("./alerts-resolve.ts"),
  report: () => import("./report.ts"),
  disclosures: () => import("./disclosures.ts"),
  "quarantine list": () => import("./quarantine-list.ts"),
  "quarantine show": () => import("./quarantine-show.ts"),
  "quarantine explain": () => import("./quarantine-explain.ts"),
  "quarantine retry": () => import("./quarantine-retry.ts"),
  "quarantine discard": () => import("./quarantine-discard.ts"),
  status: () => import("./status.ts"),
  "audit verify": () => import("./audit-verify.ts"),
};

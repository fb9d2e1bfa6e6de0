import { join } from "node:path";
import { reportsConfigOf } from "../daemon.ts";
import { requestReader } from "../desk/requests.ts";
import { makeSharedFolder } from "../disk.ts";
import { lastRun } from "../ledger/runs.ts";
import { writeReports } from "../reports/write.ts";
import { defineCommand } from "./frame/command.ts";
import { dayIn, startOf } from "./typed/day.ts";

interface Options {
  readonly since?: string;
  readonly out?: string;
}

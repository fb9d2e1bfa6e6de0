/** The config as it is used: checked, and with a value wherever there is a default. */
import type * as Written from "../config.gen.ts";
import type { AgencyId } from "../ids.ts";

export type { ReportFolder, School } from "../config.gen.ts";

export type Person = Written.Person;

/** What a person may do: ask for records, or decide about ours. */
export type Right = Person["may"][number];

export interface DropFolder extends Written.DropFolder {
  ready: Required<Written.ReadySettings>;
}

export interface Server extends Written.ServerSettings {
  /** A whole path. */
  identityFile: string;
}

export interface Config extends Written.Config {
  /** No setting: the folder in which the service manager hands in the keys, if it does. */
  credentials?: string;
  agency: Written.AgencySettings & { id: AgencyId };
  server?: Server;
  dropFolders: { office: DropFolder; [name: string]: DropFolder };
  schools: Written.School[];
  people: Person[];
  exchanges: {
    nightly: Required<Written.NightlySettings>;
    watch: Required<Written.WatchSettings>;
    ifMissed: NonNullable<Written.ExchangeSettings["ifMissed"]>;
  };
  releases: Required<Written.ReleaseSettings>;
  deadlines: Required<Written.DeadlineSettings>;
  limits: Required<Written.LimitSettings>;
}

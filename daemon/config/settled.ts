/** The config as it is used: checked, and with a value wherever there is a default. */
import type * as Written from "../config.gen.ts";
import type { AgencyId } from "../ids.ts";

export type { CsvColumn, ReportFolder } from "../config.gen.ts";

export type School = Written.School & Required<Pick<Written.School, "alsoWritten" | "registrars">>;

export type Person = Written.Person;

/** What a person may do: ask for records, or decide about ours. */
export type Right = Person["may"][number];

/** How long a file must hold still; or which ending its marker has, if its writer leaves one. */
export type Ready = Written.ReadySettings & Required<Omit<Written.ReadySettings, "marker">>;

export interface DropFolder extends Written.DropFolder {
  ready: Ready;
  sourceSystem: boolean;
  csv: Required<Written.CsvSettings>;
}

export type Mail = Written.MailSettings &
  Required<Pick<Written.MailSettings, "newRequest" | "digestAt" | "it">>;

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
  schools: School[];
  people: Person[];
  exchanges: {
    nightly: Required<Written.NightlySettings>;
    watch: Required<Written.WatchSettings>;
    ifMissed: NonNullable<Written.ExchangeSettings["ifMissed"]>;
  };
  releases: Written.ReleaseSettings & Required<Omit<Written.ReleaseSettings, "flagsFile">>;
  deadlines: Required<Written.DeadlineSettings>;
  mail?: Mail;
  limits: Required<Written.LimitSettings>;
}

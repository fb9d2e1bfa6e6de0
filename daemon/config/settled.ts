/** The config as it is used: checked, and with a value wherever there is a default. */
import type * as Written from "../config.gen.ts";
import type { AgencyId } from "../ids.ts";

export type { CsvColumn, RegistryColumn, ReportFolder } from "../config.gen.ts";

export type School = Written.School & Required<Pick<Written.School, "alsoWritten" | "registrars">>;

export type Person = Written.Person;

/** What a person may do: ask for records, decide about ours; at an entity, approve. */
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
  /** Our own box; an entity's is worked out from `boxes`. */
  address: string;
  /** A whole path. */
  identityFile: string;
}

/** An entity's server, on which it runs. */
export interface EntityServer extends Server {
  publicAddress: string;
  hostKeys: string[];
  boxes: string;
}

export type Directory = Required<Written.DirectorySettings>;

export interface Registry extends Required<Omit<Written.RegistrySettings, "dropFolder" | "group">> {
  dropFolder?: string;
  group?: string;
}

export interface Limits extends Required<Written.LimitSettings> {
  perSender: Required<Written.SenderLimits>;
}

export interface Config extends Omit<Written.Config, "dropFolders"> {
  /** No setting: the folder in which the service manager hands in the keys, if it does. */
  credentials?: string;
  agency: Written.AgencySettings & { id: AgencyId };
  server?: Server;
  /** By name; an entity has none. */
  dropFolders: { [name: string]: DropFolder };
  schools: School[];
  people: Person[];
  exchanges: {
    nightly: Required<Written.NightlySettings>;
    watch: Required<Written.WatchSettings>;
    ifMissed: NonNullable<Written.ExchangeSettings["ifMissed"]>;
  };
  releases: Written.ReleaseSettings & Required<Omit<Written.ReleaseSettings, "flagsFile">>;
  deadlines: Required<Written.DeadlineSettings>;
  directory?: Directory;
  registry?: Registry;
  followUp: Required<Written.FollowUpSettings>;
  mail?: Mail;
  limits: Limits;
}

/** What a config has that is an entity's. */
export interface EntityConfig extends Config {
  role: "entity";
  server: EntityServer;
  directory: Directory;
  registry: Registry;
}

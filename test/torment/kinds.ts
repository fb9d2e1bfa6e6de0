/** Every kind of input that is tried: in a box, and elsewhere. */
import type { Kind, Trial } from "./kind.ts";
import { attachments } from "./kinds/attachments.ts";
import { bombs } from "./kinds/bombs.ts";
import { strangersBombs, strangersXml } from "./kinds/corpora.ts";
import { configs } from "./kinds/configs.ts";
import { directories, newKeys } from "./kinds/directories.ts";
import { documents } from "./kinds/dropped.ts";
import { foreignParts } from "./kinds/foreign-parts.ts";
import { keyBombs } from "./kinds/key-bombs.ts";
import { algorithms, headers, times } from "./kinds/keys.ts";
import { endless, falsehoods, receipts, replays } from "./kinds/post.ts";
import { damage, plain, seals } from "./kinds/seals.ts";
import { names, noFiles } from "./kinds/strangers.ts";
import { code, impossible, numbers } from "./kinds/values.ts";
import { doctypes, encodings, limits, schemas, shapes } from "./kinds/xml.ts";

export const KINDS: readonly Kind[] = [
  plain,
  seals,
  damage,
  noFiles,
  names,
  times,
  algorithms,
  bombs,
  strangersBombs,
  headers,
  encodings,
  doctypes,
  limits,
  shapes,
  strangersXml,
  schemas,
  numbers,
  impossible,
  code,
  replays,
  receipts,
  falsehoods,
  attachments,
  endless,
];

export const TRIALS: readonly Kind<Trial>[] = [
  keyBombs,
  foreignParts,
  directories,
  newKeys,
  configs,
  documents,
];

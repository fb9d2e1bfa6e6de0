/** Every kind of input that is tried. */
import type { Kind } from "./kind.ts";
import { attachments } from "./kinds/attachments.ts";
import { bombs } from "./kinds/bombs.ts";
import { strangersBombs, strangersXml } from "./kinds/corpora.ts";
import { algorithms, headers, times } from "./kinds/keys.ts";
import { falsehoods, receipts, replays } from "./kinds/post.ts";
import { damage, plain, seals } from "./kinds/seals.ts";
import { code, impossible, numbers } from "./kinds/values.ts";
import { doctypes, encodings, limits, schemas, shapes } from "./kinds/xml.ts";

export const KINDS: readonly Kind[] = [
  plain,
  seals,
  damage,
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
];

/** What became of one input, held against what was to become of it. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Alert } from "../../daemon/ledger/alerts.ts";
import type { PacketInRow } from "../../daemon/ledger/tables.ts";
import type { Receipt } from "../../daemon/packet/model.gen.ts";
import type { District } from "../homes.ts";
import { claimOn, inBox, saidBy } from "../scene.ts";
import { codesOf, type Fate, type Input } from "./kind.ts";
import type { Stage } from "./stage.ts";

/** An input in the box. */
export interface Left {
  readonly input: Input;
  readonly name: string;
  /** That are fetched. */
  readonly bytes: number;
  /** `null` of what is too large to be read. */
  readonly sha256: string | null;
  /** Names of the packets that came before it. */
  readonly before: readonly string[];
}

/** What can be seen after the exchange. */
export interface Seen {
  /** New ones. */
  readonly alerts: readonly Alert[];
  readonly receipts: readonly Receipt[];
  /** The pages in the folders of new requests. */
  readonly shown: string;
}

export const fault = (isFault: boolean, sentence: string): string[] => (isFault ? [sentence] : []);

/** `what: found, not wanted`, if that is so. */
export const same = (what: string, found: unknown, wanted: unknown): string[] => {
  const [is, should] = [found, wanted].map((each) => JSON.stringify(each));
  return fault(is !== should, `${what}: ${is}, not ${should}`);
};

export async function faultsOf(
  left: Left,
  claim: PacketInRow | undefined,
  seen: Seen,
  stage: Stage,
): Promise<string[]> {
  const { fate } = left.input;
  if (fate.becomes === "left alone") {
    return [
      ...same("its state", claim?.state ?? null, null),
      ...same(
        "it lies in the box",
        (await inBox(stage.world, stage.reader)).includes(left.name),
        true,
      ),
    ];
  }
  if (!claim) return ["it was not claimed"];
  const before = await claimsOn(stage.reader, left.before);
  return [
    ...same(
      "what came before it",
      before.map((each) => each?.state),
      before.map(() => "RECORDED"),
    ),
    ...same("its state", claim.state, STATES[fate.becomes]),
    ...same("deaths", claim.deaths, 0),
    ...coded(fate, claim),
    ...alarmed(fate, claim, seen),
    ...replied(fate, left, seen),
    ...(await keptAsItCame(fate, left, claim, stage)),
    ...shown(fate, seen),
  ];
}

/** One after the other: two at once would wait for each other's ledger. */
export async function claimsOn(
  home: District,
  names: readonly string[],
): Promise<(PacketInRow | undefined)[]> {
  const claims: (PacketInRow | undefined)[] = [];
  for (const name of names) claims.push(await claimOn(home, name));
  return claims;
}

type Claimed = Exclude<Fate, { readonly becomes: "left alone" }>;

const STATES: Readonly<Record<Claimed["becomes"], PacketInRow["state"]>> = {
  refused: "QUARANTINED",
  "refused unfetched": "QUARANTINED",
  "refused in part": "RECORDED",
  waiting: "WAITING",
  taken: "RECORDED",
  "taken before": "RECORDED",
};

function coded(fate: Claimed, { code }: PacketInRow): string[] {
  if (!("code" in fate)) return same("its code", code, null);
  const codes = codesOf(fate.code);
  return fault(
    !codes.some((each) => each === code),
    `its code: ${code}, not ${codes.join(" or ")}`,
  );
}

/** Its alerts, in few words. */
const alertsOf = (claim: PacketInRow, { alerts }: Seen): string[] =>
  alerts
    .filter(({ subject }) => subject.split("/", 1)[0] === claim.claim_id)
    .toSorted((one, other) => one.subject.localeCompare(other.subject, "en", { numeric: true }))
    .map(({ code, facts, times }) => `${code} ${String(facts["code"])} ×${times}`);

function alarmed(fate: Claimed, claim: PacketInRow, seen: Seen): string[] {
  const wanted = {
    refused: [`PACKET_REFUSED ${claim.code} ×1`],
    "refused unfetched": [`PACKET_REFUSED ${claim.code} ×1`],
    "refused in part": "codes" in fate ? matched("MESSAGE_REFUSED", fate.codes, claim, seen) : [],
    waiting: [`PACKET_WAITING ${claim.code} ×1`],
    taken: [],
    "taken before": [],
  }[fate.becomes];
  const more = "alert" in fate && fate.alert !== undefined ? fate.alert : null;
  return [
    ...same("its alerts", alertsOf(claim, seen), wanted),
    ...fault(more !== null && !seen.alerts.some(({ code }) => code === more), `no alert ${more}`),
  ];
}

/** One for each code, in their order, with that of several which came. */
function matched(
  alert: string,
  wanted: readonly (string | readonly string[])[],
  claim: PacketInRow,
  seen: Seen,
): string[] {
  const found = alertsOf(claim, seen);
  return wanted.map((codes, at) => {
    const any = typeof codes === "string" ? [codes] : codes;
    const fits = any.map((code) => `${alert} ${code} ×1`);
    return fits.find((each) => each === found[at]) ?? fits.join(" or ");
  });
}

/** Who is proved is answered, once; nobody else is. */
function replied(fate: Claimed, { sha256 }: Left, { receipts }: Seen): string[] {
  const said = receipts.filter((receipt) => receipt.SealedSha256 === sha256).map(saidBy);
  if (!("isAnswered" in fate)) {
    return same("its receipts", said, fate.becomes === "taken before" ? ["Confirmation"] : []);
  }
  if (!fate.isAnswered) return same("its receipts", said, []);
  const [only = "none", ...more] = said;
  const refusals = only.split(", ").filter((each) => each !== "Confirmation");
  const codes = fate.becomes === "refused in part" ? fate.codes : "code" in fate ? [fate.code] : [];
  const isRight =
    refusals.length === codes.length &&
    codes.every((code, at) => codesOf(code).some((each) => refusals[at] === `Resubmit ${each}`));
  return fault(!isRight || more.length > 0, `its receipts: ${said.join("; ") || "none"}`);
}

async function keptAsItCame(
  fate: Claimed,
  { name, sha256 }: Left,
  claim: PacketInRow,
  { reader, world }: Stage,
): Promise<string[]> {
  const place = join(reader.folder, "quarantine", claim.claim_id);
  const isKept = fate.becomes === "refused" || fate.becomes === "refused in part";
  const original = await fileDigest(join(place, "packet.xml.pgp"));
  const reason = await readFile(join(place, "reason.json"), "utf8").catch(() => null);
  const isInBox = (await inBox(world, reader)).includes(name);
  const staysInBox = fate.becomes === "waiting" || fate.becomes === "refused unfetched";
  return [
    ...same("the original in the quarantine", original, isKept ? sha256 : null),
    ...same("a reason beside it", reason !== null, isKept || fate.becomes === "refused unfetched"),
    ...same("it lies in the box", isInBox, staysInBox),
  ];
}

/** `null` if nothing is there. */
export async function fileDigest(path: string): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
  } catch {
    return null;
  }
}

function shown(fate: Claimed, { shown: text }: Seen): string[] {
  if (fate.becomes !== "taken") return [];
  return (fate.shows ?? []).flatMap((each) => {
    const written = escaped(each);
    return [
      ...fault(!text.includes(written), `not shown: ${JSON.stringify(each)}`),
      ...fault(written !== each && text.includes(each), `shown raw: ${JSON.stringify(each)}`),
    ];
  });
}

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

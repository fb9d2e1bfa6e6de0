/**
 * One release with a large document, side by side with gpg and sftp: from the outbox to the document at the other
 * side, ours with its release, its receipt and its digests. The document is a scan that nothing makes smaller, and gpg
 * is told not to try.
 */
import { randomBytes } from "node:crypto";
import { outboxDocument, recordAlone } from "../homes.ts";
import { hindrance } from "../openssh.ts";
import { type Bench, medianOf, sorted } from "./bench.ts";
import { Evening } from "./evening.ts";
import { settleDisk } from "./meter.ts";
import { fillOutbox, missingPrograms, Script, sidesOn, skippedScripts } from "./script.ts";

const MEGABYTES = 100;
const FEW_MEGABYTES = 2;
const LEAST_RATIO = 0.8;
const MOST_MEGABYTES = 300;

export const attachments: Bench = async ({ quick, rounds, say, profiles }) => {
  const megabytes = quick ? FEW_MEGABYTES : MEGABYTES;
  const about = `a release with a document of ${megabytes} MB`;
  if (hindrance !== null) {
    return { about, figures: [], skipped: [`all of it: ${hindrance}`], faults: [] };
  }
  await using evening = await Evening.before(1);
  const sides = await sidesOn(evening.server, evening.world.folder);
  await using script =
    missingPrograms.length === 0 ? await Script.start(evening.server, sides) : null;
  const scan = Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(megabytes * 1024 * 1024 - 9)]);
  const release = await releaseWith(evening.references.get("1") ?? "");
  const files = new Map<string, string | Uint8Array>([
    ["release.xml", release],
    ["scan.pdf", scan],
  ]);

  const ours: number[] = [];
  const theirs: number[] = [];
  const peaks: number[] = [];
  const faults: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const night = await evening.spend({ messages: 1, files, profiles });
    ours.push(night.seconds);
    peaks.push(night.peakMegabytes);
    faults.push(...night.faults);
    say(`packetboat: ${night.seconds.toFixed(1)} s, ${night.peakMegabytes} MB`);
    if (!script) continue;
    await fillOutbox(sides, new Map([["scan.pdf", scan]]));
    await settleDisk();
    const { seconds } = await script.run("-file");
    if ((await script.arrived()) !== 1) faults.push("the script's document did not arrive");
    theirs.push(seconds);
    say(`gpg and sftp: ${seconds.toFixed(1)} s`);
  }
  const peak = Math.max(...peaks);
  const ratio = medianOf(sorted(theirs.map((seconds, round) => seconds / (ours[round] ?? 0))));
  const inMemory = `a document of ${megabytes} MB takes less than ${MOST_MEGABYTES} MB of memory`;
  return {
    about,
    figures: [
      { name: "packetboat, with release and receipt", value: medianOf(sorted(ours)), unit: "s" },
      { name: "packetboat, peak memory", value: peak, unit: "MB" },
      ...(script ? [{ name: "gpg and sftp", value: medianOf(sorted(theirs)), unit: "s" }] : []),
    ],
    ...(script ? { ratios: { attachments: ratio } } : {}),
    goals: [
      { wants: inMemory, value: peak, isMet: peak < MOST_MEGABYTES },
      ...(script
        ? [
            {
              wants: `a document is at least ${LEAST_RATIO} times as quick as gpg and sftp`,
              value: ratio,
              isMet: ratio >= LEAST_RATIO,
            },
          ]
        : []),
    ],
    skipped: skippedScripts,
    faults,
  };
};

/** The fixture's record, of the first student in the list, with one document. */
async function releaseWith(reference: string): Promise<string> {
  const record = (await recordAlone()).replaceAll("Jenna", "Jenna1");
  const document = "<Document><FileName>scan.pdf</FileName></Document>\n  </Release>";
  const release = record
    .replace("<Release>", `<Release><Reference>${reference}</Reference>`)
    .replace(/(?:<Comments>[^<]*<\/Comments>\s*)?<\/Release>/, document);
  return outboxDocument(release, "R-1");
}

import { isOnlyNamed } from "../directory/address.ts";
import { PacketboatError } from "../errors.ts";
import { type AgencyId, parseAgencyId, showFingerprint } from "../ids.ts";
import { joinedEntity, knownAgency, listAgencies } from "../ledger/agencies.ts";
import { heldKeys, keysOfAgency } from "../ledger/agency-keys.ts";
import type { Ledger } from "../ledger/connect.ts";
import { lastDirectory } from "../ledger/directories.ts";
import { defineCommand } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";
import { pairs, table } from "./frame/shown.ts";

export const command = defineCommand<{ args: [agency?: string] }>({
  summary: "the directory's version and times; or one agency of it with its keys",
  example: "directory show 2700105",
  syntax: (syntax) => syntax.argument("[agency]", "its seven digits"),
  async run({ args: [typed], context }) {
    const ledger = await context.ledger();
    return typed === undefined
      ? await wholeDirectory(context, ledger)
      : await oneAgency(parseAgencyId(typed), ledger);
  },
});

async function wholeDirectory(context: Context, ledger: Ledger) {
  const { role, agency } = await context.config();
  const entityId = role === "entity" ? agency.id : (await joinedEntity(ledger))?.agency_id;
  const last = entityId === undefined ? null : await lastDirectory(ledger, entityId);
  if (!last) throw new PacketboatError("FILE_NOT_FOUND", "there is no directory yet");
  const districts = (await listAgencies(ledger)).filter(
    (each) =>
      each.role === "district" &&
      (role === "entity" || each.source === "directory") &&
      !isOnlyNamed(each),
  );
  const held = (await heldKeys(ledger)).length;
  const { version, issued_at: issuedAt, expires_at: expiresAt } = last;
  const isExpired = expiresAt <= context.now().toISOString();
  return {
    result: {
      entityId: last.entity_id,
      processCode: last.process_code,
      version,
      issuedAt,
      expiresAt,
      isExpired,
      districts: districts.length,
      keysHeld: held,
    },
    lines: pairs([
      ["Entity", last.entity_id],
      ["For", last.process_code],
      ["Version", String(version)],
      ["Issued", issuedAt],
      [isExpired ? "Expired" : "Expires", expiresAt],
      ["Districts", String(districts.length)],
      ["Keys to be compared", held === 0 ? null : String(held)],
    ]),
  };
}

async function oneAgency(id: AgencyId, ledger: Ledger) {
  const agency = await knownAgency(ledger, id);
  const keys = await keysOfAgency(ledger, id);
  const { name, status, successor_id: successorId, source, box } = agency;
  return {
    result: {
      agencyId: id,
      name,
      source,
      status,
      successorId,
      box,
      keys: keys.map((key) => ({
        fingerprint: key.fingerprint,
        standing: key.standing,
        validFrom: key.valid_from,
        validUntil: key.valid_until,
      })),
    },
    lines: [
      ...pairs([
        ["Agency", `${name} (${id})`],
        ["Known by", KNOWN_BY[source]],
        ["Status", status],
        ["Records are with", successorId],
        ["Box", box],
      ]),
      "",
      ...table(
        ["Key", "Standing", "From", "Until"],
        keys.map((key) => [
          showFingerprint(key.fingerprint),
          key.standing,
          key.valid_from.slice(0, 10),
          key.valid_until?.slice(0, 10) ?? "",
        ]),
        "No key of it is known.",
      ),
    ],
  };
}

const KNOWN_BY = {
  card: "its card",
  directory: "the directory",
  listed: "a list of districts",
} as const;

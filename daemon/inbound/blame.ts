/** Whose doing a refusal is: this file's, a drop folder's, its sender's; all else is ours or our server's. */
import type { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";

/** What was in the packet is to be shown there, and its people mend it. */
export const isAboutFolder = ({ code }: PacketboatError): boolean =>
  code === "FOLDER_MISSING" || code === "FOLDER_REPLACED";

/** The file vanished, grows or cannot be read: the others are still there to be taken. */
export const isAboutThisFile = (error: PacketboatError): boolean =>
  error.code.startsWith("BOX_FILE_");

/** Whose key it is that is not good. */
export const ownerIn = ({ facts }: PacketboatError): AgencyId | null =>
  typeof facts["owner"] === "string" ? (facts["owner"] as AgencyId) : null;

/** What stops without being the sender's doing is our own server's, or our own ledger's. */
export const isAboutPartner = ({ code }: PacketboatError): boolean =>
  code === "KEY_REVOKED" || code === "PARTNER_STOPPED";

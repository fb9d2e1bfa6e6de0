// made by `npm run generate` from schemas/directory.schema.json

import type {
  AgencyId,
  City,
  DateTime,
  DocumentProcessCode,
  Fingerprint,
  OrganizationName,
  PostalCode,
  Sequence,
  Sha256,
  SignedText,
  StateAbbreviation,
  StateDistrictNumber,
  TelephoneNumber,
} from "../packet/model.gen.ts";

import type { CardContact, CardServer, Role } from "./card.gen.ts";

/**
 * Only who takes part can be addressed.
 */
export type AgencyStatus =
  "Participating" | "TestOnly" | "NotParticipating" | "Closed" | "Future" | "Inactive";

/**
 * Current: seal for it. Retired: what it signed until ValidUntil holds. Revoked: nothing that it ever signed holds.
 */
export type KeyStanding = "Current" | "Retired" | "Revoked";

/**
 * Path of a drop box on the entity's server.
 */
export type BoxPath = string;

/**
 * A key of an agency. Its file is named <Fingerprint>-<KeySha256>.pgp.
 */
export interface DirectoryKey {
  Fingerprint: Fingerprint;
  KeySha256: Sha256;
  ValidFrom: DateTime;
  ValidUntil?: DateTime;
  KeyStanding: KeyStanding;
  SuccessionText?: SignedText;
}

/**
 * One agency, as others may know it.
 */
export interface DirectoryAgency {
  AgencyId: AgencyId;
  Role: Role;
  StateDistrictNumber?: StateDistrictNumber;
  OrganizationName: OrganizationName;
  AddressCity: City;
  StateAbbreviation: StateAbbreviation;
  AddressPostalCode: PostalCode;
  TelephoneNumber?: TelephoneNumber;
  AgencyStatus: AgencyStatus;
  SuccessorId?: AgencyId;
  Box?: BoxPath;
  Contact?: CardContact[];
  Key?: DirectoryKey[];
}

/**
 * Signed by the entity; each one replaces the one before.
 */
export interface Directory {
  Version: Sequence;
  EntityId: AgencyId;
  DocumentProcessCode: DocumentProcessCode;
  IssuedDateTime: DateTime;
  ExpiresDateTime: DateTime;
  Server?: CardServer;
  /**
   * The entity's own keys.
   */
  Key: DirectoryKey[];
  Agency?: DirectoryAgency[];
}

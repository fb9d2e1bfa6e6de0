// made by `npm run generate` from schemas/card.schema.json

import type {
  AgencyId,
  City,
  DateTime,
  ElectronicMailAddress,
  Fingerprint,
  Name75,
  OrganizationName,
  PostalCode,
  SignedText,
  StateAbbreviation,
  StateDistrictNumber,
  TelephoneNumber,
  Username,
} from "../packet/model.gen.ts";

export type Role = "District" | "Entity";

/**
 * Records: whom to call about students' records. IT: whom to call about the exchange.
 */
export type ContactRole = "Records" | "IT";

export type PublicKey = string;

export type SshPublicKey = string;

export type HostKey = string;

export type ServerAddress = string;

/**
 * The agency as people know it.
 */
export interface CardAgency {
  AgencyId: AgencyId;
  StateDistrictNumber?: StateDistrictNumber;
  OrganizationName: OrganizationName;
  AddressCity: City;
  StateAbbreviation: StateAbbreviation;
  AddressPostalCode: PostalCode;
  TelephoneNumber?: TelephoneNumber;
}

export interface CardContact {
  ContactRole: ContactRole;
  PersonName: Name75;
  TelephoneNumber?: TelephoneNumber;
  ElectronicMailAddress?: ElectronicMailAddress;
}

/**
 * Somebody who may request.
 */
export interface CardPerson {
  Username: Username;
  PersonName: Name75;
}

/**
 * An entity's server, by the address and the host keys that its districts pin.
 */
export interface CardServer {
  Address: ServerAddress;
  HostKey?: HostKey[];
}

/**
 * What an agency says of itself; signed by the key it carries.
 */
export interface Card {
  Role: Role;
  Created: DateTime;
  Agency: CardAgency;
  PublicKey: PublicKey;
  SshPublicKey?: SshPublicKey;
  Server?: CardServer;
  Contact?: CardContact[];
  Person?: CardPerson[];
}

/**
 * The file: a Card as an inline-signed OpenPGP message; beside it the word of the key before, if there was one.
 */
export interface SignedCard {
  CardText: SignedText;
  SuccessionText?: SignedText;
}

/**
 * What a key says of the one that follows it; signed by the former.
 */
export interface KeySuccession {
  AgencyId: AgencyId;
  Fingerprint: Fingerprint;
  FormerFingerprint: Fingerprint;
  Created: DateTime;
}

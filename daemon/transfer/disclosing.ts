/** Lines for the register of requests and disclosures (34 CFR 99.32, 34 CFR 300.614). */
import { parseAgencyId } from "../ids.ts";
import type { SectionName, Student, TransferRequest, User } from "../packet/model.gen.ts";
import type { DisclosureKind, RecordDisclosure } from "./effects.ts";

/** What only some lines say. */
interface More {
  /** Those that were disclosed. */
  readonly sections?: readonly SectionName[];
  readonly firstPerson?: string | null;
  /** As the record that left has the student; else as the request does. */
  readonly student?: Student;
}

/** The party is always the one who asked: nothing is disclosed to anybody else. */
export const disclosure = (
  what: DisclosureKind,
  request: TransferRequest,
  user: User,
  at: Date,
  { sections = [], firstPerson = null, student = request.Student }: More = {},
): RecordDisclosure => ({
  effect: "RecordDisclosure",
  what,
  party: {
    agencyId: parseAgencyId(request.RequesterId),
    name: request.RequestingDistrict.OrganizationName,
  },
  interest: request.LegitimateInterest,
  purpose: request.Purpose,
  user,
  firstPerson,
  student,
  sections,
  at,
});

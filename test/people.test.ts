import { userInfo } from "node:os";
import { describe, expect, it } from "vitest";
import type { Person } from "../daemon/config.ts";
import {
  accountNamed,
  assertMay,
  groupNumber,
  ownAccount,
  userOf,
  whoActs,
} from "../daemon/people.ts";

const north: Person = {
  username: "north.registrar",
  name: "North Registrar",
  workPhone: "555-555-0101",
  osUser: "nregistrar",
  may: ["request", "release"],
  schools: ["North High School"],
};
const clerk: Person = { username: "clerk", name: "Clerk", may: ["request"] };
const people = [north, clerk];
const strict = {
  releases: { holdBackMinutes: 60, allowDeclaredUser: false, annualNoticeCoversTransfers: false },
};
const NORTH = "North High School";
const trusting = { releases: { ...strict.releases, allowDeclaredUser: true } };

const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe("who acts", () => {
  it("is told by the account alone, which proves it", () => {
    expect(whoActs({ people }, { osUser: "nregistrar" })).toEqual({
      person: north,
      authentication: "OperatingSystem",
    });
  });

  it("is proved when the account belongs to whom was named", () => {
    const claim = { username: "North.Registrar", osUser: "nregistrar" };
    expect(whoActs({ people }, claim).authentication).toBe("OperatingSystem");
  });

  it("is only declared when somebody else's account names them", () => {
    expect(whoActs({ people }, { username: "clerk", osUser: "nregistrar" })).toEqual({
      person: clerk,
      authentication: "Declared",
    });
    expect(whoActs({ people }, { username: "north.registrar" }).authentication).toBe("Declared");
  });

  it("is vouched for by the source system when the name came from it", () => {
    const claim = { username: "clerk", osUser: "sis", isFromSourceSystem: true };
    expect(whoActs({ people }, claim).authentication).toBe("SourceSystem");
  });

  it.each([{ username: "nobody" }, { osUser: "root" }, {}, { username: "" }])(
    "is unknown to the config: %o",
    (claim) => {
      expect(() => whoActs({ people }, claim)).toThrow(refused("PERSON_UNKNOWN"));
    },
  );
});

describe("what somebody may do", () => {
  it("stands under may", () => {
    const proved = whoActs({ people }, { osUser: "nregistrar" });
    expect(() => assertMay(proved, "release", strict, NORTH)).not.toThrow();
    const other = whoActs({ people }, { username: "clerk" });
    expect(() => assertMay(other, "request", strict)).not.toThrow();
    expect(() => assertMay(other, "release", trusting)).toThrow(refused("PERSON_NOT_ALLOWED"));
  });

  it("ends at their schools", () => {
    const proved = whoActs({ people }, { osUser: "nregistrar" });
    expect(() => assertMay(proved, "release", strict, NORTH)).not.toThrow();
    for (const school of ["South High School", undefined]) {
      expect(() => assertMay(proved, "release", strict, school)).toThrow(
        refused("PERSON_NOT_ALLOWED"),
      );
    }
    const everywhere = whoActs({ people }, { username: "clerk" });
    expect(() => assertMay(everywhere, "request", strict, "South High School")).not.toThrow();
    expect(() => assertMay(everywhere, "request", strict)).not.toThrow();
  });

  it("is no release by a name alone, unless the config allows it", () => {
    const declared = whoActs({ people }, { username: "north.registrar", osUser: "root" });
    expect(() => assertMay(declared, "request", strict, NORTH)).not.toThrow();
    expect(() => assertMay(declared, "release", strict, NORTH)).toThrow(
      refused("PERSON_NOT_ALLOWED"),
    );
    expect(() => assertMay(declared, "release", trusting, NORTH)).not.toThrow();
  });
});

it("tells partners who it is and how we know", () => {
  expect(userOf({ person: north, authentication: "OperatingSystem" })).toEqual({
    PersonName: "North Registrar",
    Username: "north.registrar",
    TelephoneNumber: "555-555-0101",
    UserAuthentication: "OperatingSystem",
  });
  expect(userOf({ person: clerk, authentication: "Declared" })).not.toHaveProperty(
    "TelephoneNumber",
  );
});

describe("accounts and groups of the machine", () => {
  it("are known by number and by name", async () => {
    expect(ownAccount()).toBe(userInfo().username);
    expect(await accountNamed(userInfo().uid)).toBe(userInfo().username);
    expect(await groupNumber("root")).toBe(0);
  });

  it("are nothing where there are none", async () => {
    expect(await accountNamed(3_999_999_999)).toBeNull();
    expect(await groupNumber("no-such-group")).toBeNull();
  });
});

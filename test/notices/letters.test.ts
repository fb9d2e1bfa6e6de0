/** Whatever an alert knows of a student, a mail says none of it; and whose mail it is. */
import { describe, expect, it } from "vitest";
import { ALERT_KINDS, type AnyAlertCode } from "../../daemon/alerts/catalogue.ts";
import type { Person, School } from "../../daemon/config.ts";
import { alertsLetter, digestLetter } from "../../daemon/notices/letters.ts";
import { recipientsOf, registrarsFor } from "../../daemon/notices/recipients.ts";
import { AT } from "../alerts/world.ts";
import { openAlert, sender } from "./open-alerts.ts";

const CODES = Object.keys(ALERT_KINDS) as AnyAlertCode[];

const PERSONAL =
  /foster|fees|died|deceased|abrams|jenna|enrolled|in common|bcc|students? differs|flag|second|another person/i;

describe("a letter", () => {
  it.each(CODES)("about %s says nothing of the student", (code) => {
    for (const side of ["requester", "releaser", "entity"] as const) {
      const open = openAlert(code, side);
      for (const letter of [alertsLetter(sender, [open], AT), digestLetter(sender, [open], AT)]) {
        const all = `${letter.subject}\n${letter.text}`;
        expect(all.match(PERSONAL)).toBeNull();
        expect(letter.subject).not.toContain("\n");
        expect(all).not.toMatch(/undefined|null|NaN|\r/);
        expect(all).toContain("K7QM-3F2D");
        expect(all.split("\n").every((line) => line.length <= 78)).toBe(true);
      }
    }
  });

  it.each(CODES)("about %s has no link and no line of somebody else", (code) => {
    const hostile = "https://evil.example/login x@evil.example www.evil.example Call: 900";
    for (const side of ["requester", "releaser", "entity"] as const) {
      const open = openAlert(code, side, hostile);
      for (const { text } of [alertsLetter(sender, [open], AT), digestLetter(sender, [open], AT)]) {
        expect(text).not.toMatch(/[:]\/|\S@\S|\.example|www\.e/);
        expect(text).not.toContain("Call: 900");
      }
    }
  });

  it("of an entity speaks of no drop folder and of no registrar", () => {
    const open = { ...openAlert("FORWARDED_UNANSWERED", "entity"), dropFolder: null };
    const { text } = alertsLetter({ ...sender, role: "entity" }, [open], AT);
    expect(text).toContain("Requests are known by\ntheir references.");
    expect(text).not.toMatch(/drop folder|registrars' alerts/);
  });

  it("about a student who differs is veiled, for its words would not be", () => {
    const { words } = openAlert("STUDENT_DECEASED", "requester");
    expect(words.title).toMatch(PERSONAL);
    const { subject } = alertsLetter(sender, [openAlert("STUDENT_DECEASED", "requester")], AT);
    expect(subject).toBe("Packetboat: News about a request K7QM-3F2D");
  });
});

describe("whose matter it is", () => {
  const person = (username: string, more: Partial<Person> = {}): Person => ({
    username,
    name: username,
    email: `${username}@district.example`,
    may: ["request", "release"],
    ...more,
  });
  const school = (name: string, registrars: string[] = []): School => ({
    id: "270010500123",
    name,
    alsoWritten: [],
    registrars,
  });
  const { email: _, ...silent } = person("silent");
  const people = [
    person("north", { schools: ["North"] }),
    person("all"),
    person("asks", { may: ["request"] }),
    silent,
  ];
  const schools = [school("North", ["NORTH"]), school("South"), school("West", ["silent"])];
  const whose = (side: "requester" | "releaser" | null, name: string | null): string[] =>
    registrarsFor({ people, schools }, { side, school: name }).map(({ setting }) => setting);

  it("is the school's registrars', else everybody's who may act for it", () => {
    expect(whose("releaser", "North")).toEqual(["people north"]);
    expect(whose("releaser", "South")).toEqual(["people all"]);
    expect(whose("requester", "South")).toEqual(["people all", "people asks"]);
    expect(whose("releaser", "West")).toEqual(["people all"]);
  });

  it("of no known school is that of those who may act for all of them", () => {
    expect(whose("releaser", null)).toEqual(["people all"]);
    expect(whose("releaser", "NORTH HS")).toEqual(["people all"]);
    expect(whose(null, null)).toEqual(["people all", "people asks"]);
    const north = people.slice(0, 1);
    expect(registrarsFor({ people: north, schools }, { side: "releaser", school: null })).toEqual([
      { address: "north@district.example", setting: "people north" },
    ]);
  });

  it("never is that of another school alone", () => {
    const north = people.slice(0, 1);
    expect(
      registrarsFor({ people: north, schools }, { side: "releaser", school: "South" }),
    ).toEqual([]);
  });

  it("of both audiences is mailed to each address once", () => {
    const deadlines = {
      answerWithinSchoolDays: 10,
      remindAfterSchoolDays: 2,
      escalateAfterSchoolDays: 5,
      escalateTo: ["ALL@district.example", "boss@district.example"],
      noSchool: [],
    };
    const { words, alert } = openAlert("DECISION_ESCALATED", "releaser");
    const matter = { code: alert.code, words, side: "releaser", school: null } as const;
    expect(recipientsOf({ people, schools, deadlines }, matter)).toEqual([
      { address: "all@district.example", setting: "people all" },
      { address: "boss@district.example", setting: "deadlines.escalateTo[2]" },
    ]);
  });
});

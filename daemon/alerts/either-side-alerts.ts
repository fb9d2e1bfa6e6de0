/** What either side is told about a transfer. */
import { joined, say, typed } from "./say.ts";
import { kind, type RefusalFacts, withCode } from "./telling.ts";

interface StillEnrolledAtBothFacts {
  readonly daysInCommon?: number;
  /** The entity's registry says so, and no record has been seen yet. */
  readonly registry?: boolean;
}

const source = ({ registry }: StillEnrolledAtBothFacts): string =>
  registry === true ? "The state's registry" : "The record";

export const EITHER_SIDE_ALERTS = {
  REQUEST_EXPIRED: kind({
    severity: "attention",
    audience: "registrar",
    title: "Request expired",
    happened: ({ partner, side }) =>
      side === "releaser"
        ? say`The request of ${partner} expired before it was decided.`
        : say`Our request to ${partner} expired, and no records came.`,
    todo: ({ side }) =>
      side === "releaser"
        ? say`Nothing more can be released for it. Call, and ask for a new request if the records are still needed.`
        : say`If the records are still needed, call and make a new request.`,
    call: "partner",
  }),
  STUDENT_DIFFERS: kind({
    severity: "urgent",
    audience: "registrar",
    title: "The student differs",
    happened: ({ partner, side }) =>
      side === "releaser"
        ? say`The record that you released to ${partner} names a student who is not in everything the one asked for.`
        : say`The record from ${partner} names a student who is not in everything the one you asked for.`,
    todo: ({ reference, side }) =>
      side === "releaser"
        ? say`Compare name, birthdate, sex and ids. If it is another student, withdraw or recall it at once: ${typed(`packetboat withdraw ${reference}`)}.`
        : say`Compare name, birthdate, sex and ids in record.html before you import. If it is another student, use nothing and call.`,
    call: "partner",
  }),
  STILL_ENROLLED_AT_BOTH: kind<StillEnrolledAtBothFacts>({
    severity: "attention",
    audience: "registrar",
    title: "Enrolled at both districts",
    happened: ({ facts, partner, side }) =>
      joined(
        side === "releaser"
          ? say`${[source(facts)]} shows the student still enrolled with you, and now also at ${partner}.`
          : say`${[source(facts)]} shows the student still enrolled at ${partner}.`,
        facts.daysInCommon === undefined
          ? null
          : say`Days in common so far: ${facts.daysInCommon}.`,
      ),
    todo: ({ side }) =>
      side === "releaser"
        ? say`Check the last day of attendance, and enter the exit date.`
        : say`Agree by telephone on the last day there and the first day here.`,
    call: "partner",
  }),
  ANSWER_REFUSED: kind<RefusalFacts>({
    severity: "attention",
    audience: "it",
    title: "Our answer was refused",
    happened: ({ facts, partner }) =>
      say`The packetboat of ${partner} refused our ${[facts.message ?? "answer"]} about this transfer${withCode(facts)}.`,
    todo: () =>
      say`Look at the code together with the other side's IT, and tell the registrar: the other side does not know what was decided.`,
    call: "partner",
  }),
} as const;

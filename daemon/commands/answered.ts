import { Option } from "commander";
import { PAPER_ANSWERS, type PaperAnswerStatus } from "../transfer/decide.ts";
import { decideAbout } from "./deciding/about.ts";
import { defineCommand } from "./frame/command.ts";
import { commentsIn } from "./typed/comments.ts";

interface Typed {
  readonly args: [reference: string];
  readonly options: { readonly status: PaperAnswerStatus; readonly comments?: string };
}

export const command = defineCommand<Typed>({
  summary: "note what a district that you asked on paper has answered",
  example: "answered K7QM-3F2D --status OfflineRecordSent",
  syntax: (syntax) =>
    syntax
      .argument("<reference>", "of the transfer, like K7QM-3F2D")
      .addOption(
        new Option("--status <status>", "OfflineRecordSent: the records are here, or on their way")
          .choices(PAPER_ANSWERS)
          .makeOptionMandatory(),
      )
      .option("--comments <text>", "what they wrote or said"),
  run({ args: [reference], options: { status, comments }, context }) {
    return decideAbout(
      context,
      reference,
      (about) => ({ kind: "answered", about, answer: { status, ...commentsIn(comments) } }),
      (partner) => ({
        done: `Noted: ${partner} ${ANSWERS[status]}.`,
        next: status === "OfflineRecordSent" ? [`packetboat imported ${reference}`] : [],
      }),
    );
  },
});

const ANSWERS: Readonly<Record<PaperAnswerStatus, string>> = {
  OfflineRecordSent: "sends the records on paper",
  NoRecord: "has no record of this student",
  Rejected: "will not release the records",
};

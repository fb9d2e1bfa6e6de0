/** All that a person may decide about a transfer. Commands and files from the outbox both end here. */
export {
  askedFirst,
  cancel,
  imported,
  request,
  resubmit,
  type RequestChanges,
  type RequestDecision,
} from "./decide-request.ts";
export {
  notePaperAnswer,
  PAPER_ANSWERS,
  type PaperAnswer,
  type PaperAnswerStatus,
  stateAnswered,
} from "./decide-paper.ts";
export { answer, type AnswerDecision, type AnswerStatus } from "./decide-answer.ts";
export { recall, release, supplement, withdraw, type RecallDecision } from "./decide-release.ts";
export type { ReleaseDecision } from "./record.ts";

/**
 * The names of the steps: every sentence that an exchange may log, said once in the code, by the story
 * file that takes the step. Facts stand beside it in fields. A journey's log and this list are compared
 * both ways by a test, and the program is killed at each of them by others.
 */
export const STEPS = {
  exchange: [
    "Exchange begun",
    "Document taken",
    "Document partly taken",
    "Document refused",
    "Document known",
    "Document waits",
    "Document left for the next time",
    "Server reached",
    "Line lost",
    "Transfer expired",
    "Hold ended",
    "A part of the exchange failed",
    "Reports written",
    "Exchange ended",
  ],
  in: [
    "Packet claimed",
    "Packet vanished",
    "Packet fetched",
    "Packet opened",
    "Packet checked",
    "Attachment fetched",
    "Attachments gathered",
    "Message taken",
    "Message refused",
    "Packet answered",
    "Packet recorded",
    "Packet was taken before",
    "Folder published",
    "Recalled folder set aside",
    "Recalled folder not found",
    "Packet cleared",
    "Packet waits",
    "Packet waits for a drop folder",
    "Packet left for the next time",
    "Box not emptied",
    "Packet refused",
    "Partner stopped",
    "Hidden folders swept",
    "Staging swept",
  ],
  out: [
    "Packet to be sent again",
    "Message enclosed",
    "Packet fixed",
    "Packet to be sealed again",
    "Packet sealed",
    "Attachment delivered",
    "Packet delivered",
    "Partner not served",
    "Withdrawn document discarded",
    "Packet closed",
    "Sealed leftovers swept",
  ],
} as const;

export type Step = (typeof STEPS)[keyof typeof STEPS][number];

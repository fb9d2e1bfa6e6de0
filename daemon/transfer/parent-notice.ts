/**
 * 34 CFR 99.34(a)(1): before records leave, parents are told, unless they asked for it or the annual
 * notice says that records follow the student. Nothing is owed for a request that is answered without
 * records; after a release only a person knows whether the attempt was made.
 */
import type { TransferRequest } from "../packet/model.gen.ts";
import { raise, resolve } from "./alerting.ts";
import type { RaiseAlert, ResolveAlert, Transfer } from "./effects.ts";
import type { TransferPolicy } from "./facts.ts";

export const noticeDue = (
  transfer: Transfer,
  request: TransferRequest,
  policy: TransferPolicy,
): RaiseAlert[] =>
  policy.annualNoticeCoversTransfers || request.RequestedByParent === "true"
    ? []
    : [raise("PARENT_NOTICE_DUE", transfer)];

export const noNoticeDue = (transfer: Transfer): ResolveAlert =>
  resolve("PARENT_NOTICE_DUE", transfer);

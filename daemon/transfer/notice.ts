/** 34 CFR 99.33: what every recipient of records must be told. The schema holds it word for word. */
import type { RedisclosureNotice } from "../packet/model.gen.ts";

export const REDISCLOSURE_NOTICE: RedisclosureNotice =
  "These records are disclosed on the condition that they are not disclosed to any other party without the prior written consent of the parent or eligible student, except as 34 CFR 99.33 allows, and that they are used only for the purpose for which they were disclosed.";

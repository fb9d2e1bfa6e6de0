/** Names in the private staging folder that several steps must agree on. */
import { join } from "node:path";

/** Where a claimed file lies once it has been fetched. */
export const stagedPath = (staging: string, claim: { readonly claim_id: string }): string =>
  join(staging, `${claim.claim_id}.xml.pgp`);

import type { Trusted } from "./common.ts";
import { quoted } from "./hcl.ts";

/** Google: an attribute condition has at most 4096 characters. */
const maxCondition = 4096;

/** A pool's provider, and every subject of this access repo that comes by it. */
export interface Provider {
  /** The project's number. */
  readonly project: string;
  readonly pool: string;
  readonly provider: string;
  readonly subjects: readonly string[];
  /** Other roles of this access repo need the pool. */
  readonly poolStays: boolean;
}
/** One role that was asked for. */
export interface Grantee {
  readonly role: Trusted<"gcp">;
  readonly principal: string;
  readonly block: string;
}

/** CEL: only subjects that the access repo has; where they are too many, those of its gcp targets. A subject has no quote. */
export function attributeCondition(subjects: readonly string[]): string {
  const list = `assertion.sub in [${subjects.map(quoted).join(", ")}]`;
  const prefix = /^repository:[0-9]+:gcp:/.exec(subjects[0] ?? "")?.[0] ?? "repository:0:";
  return list.length <= maxCondition ? list : `assertion.sub.startsWith(${quoted(prefix)})`;
}

export const direct =
  "Direct federation: give the subject the IAM roles that the job needs, on as little as it needs. They are the outer bound.";
export const impersonated = "What the service account may do is the outer bound, and yours to grant.";

import { type Enrolment, revokedRequests } from "../../pull-request/index.ts";
import type { Db } from "../../store/index.ts";
import type { Judged } from "../judge-requests.ts";

type NewGrant = Extract<Judged, { kind: "grant" }>;

/**
 * What may become a grant now, and what was revoked between the merge and now, which never does. Inside the transaction that
 * writes the grants, and behind its lock on the enrolment, for which a revocation waits (comments/revoke.ts).
 */
export async function withoutRevoked(
  trx: Db,
  enrolment: Enrolment,
  judged: readonly Judged[],
): Promise<{ readonly grants: readonly NewGrant[]; readonly revoked: readonly Judged[] }> {
  const wanted = judged.filter((j) => j.kind === "grant");
  const [first] = wanted;
  if (!first) return { grants: [], revoked: [] };
  // One commit is the merge of one pull request.
  const gone = new Set((await revokedRequests(trx, enrolment.id, first.pullRequest.number)).map((one) => one.path));
  return {
    grants: wanted.filter((j) => !gone.has(j.request.request.path.path)),
    revoked: wanted
      .map((j) => j.request.request.path.path)
      .filter((path) => gone.has(path))
      .map((path): Judged => ({ kind: "quarantine", path, code: "revoked" })),
  };
}

import { roleKey } from "../approval/index.ts";
import { countAutoApproved, type Enrolment } from "../pull-request/index.ts";
import type { Db } from "../store/index.ts";
import type { GrantDeps } from "./deps.ts";
import type { Judged } from "./judge-requests.ts";

/**
 * Holds `per_day` of `auto_approve` once more, in the transaction that grants: two pull requests decided at the same moment
 * both saw the count before either. The caller's transaction has the access repo's row, so that none grants meanwhile. All of
 * one pull request is decided as one, and so it is quarantined.
 */
export async function holdDailyLimit(
  { clock }: Pick<GrantDeps, "clock">,
  trx: Db,
  enrolment: Pick<Enrolment, "id">,
  judged: readonly Judged[],
): Promise<readonly Judged[]> {
  const automatic = judged.filter((one) => one.kind === "grant").filter((one) => one.rule === "auto_approve");
  const [first] = automatic;
  if (first === undefined) return judged;
  const had = await countAutoApproved(trx, { repository: enrolment.id, requester: first.requester.id }, clock.now());
  const byRole = Map.groupBy(automatic, ({ request: { request } }) => roleKey(request.target.name, request.roleName));
  const over = [...byRole].some(
    ([role, grants]) =>
      (had.get(role) ?? 0) + grants.length > (grants[0]?.request.request.role.auto_approve?.per_day ?? 0),
  );
  if (!over) return judged;
  return judged.map((one) =>
    one.kind === "grant" ? { kind: "quarantine", path: one.request.request.path.path, code: "per_day" } : one,
  );
}

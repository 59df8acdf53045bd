import { ownerText, statementInside } from "../access-repo/index.ts";
import type { Owner, ResolvedRequest, Statement } from "../access-repo/types.ts";
import { formatDuration } from "../base/duration.ts";
import { count } from "./nodes.ts";
import { committedByAnother, pushedByAnother } from "./requester-alone.ts";
import { roleKey } from "./standing.ts";
import type { DecisionInput } from "./types.ts";

type Input = Pick<DecisionInput, "snapshot" | "subject" | "standing">;

/** What `auto_approve` comes to before anybody's membership is asked for. */
export interface Automatic {
  /** Why it does not apply, in words that follow "since"; undefined: what is left is who asks. */
  readonly since: string | undefined;
  /** For each request: the requester must be one of these. */
  readonly requesters: readonly (readonly Owner[])[];
}

/**
 * `auto_approve` of the roles that are asked for (DESIGN.md section 3): it holds for every file of the pull request or for
 * none. null: no role has it, or the request asks for break-glass, so that there is nothing to say.
 */
export function automatic({ snapshot, subject, standing }: Input): Automatic | null {
  if (subject.kind !== "request") return null;
  const requests = subject.requests.map((one) => one.request);
  if (requests.some((one) => one.break_glass !== undefined)) return null;
  if (requests.every((one) => one.role.auto_approve === undefined)) return null;
  const since =
    (standing.askedByJob ? "a job asked for this" : undefined) ??
    (snapshot.pullRequest.draft ? "this is a draft" : undefined) ??
    requests.map(notCovered).find((why) => why !== undefined) ??
    pushedByAnother(snapshot) ??
    committedByAnother(snapshot) ??
    overLimit(requests, standing);
  return { since, requesters: requests.map((one) => one.role.auto_approve?.requesters ?? []) };
}

/** Why one request is more than its role gives without approval, in words that follow "since". */
export function notCovered({ path, role, roleName, duration, allow }: ResolvedRequest): string | undefined {
  const rule = role.auto_approve;
  const name = roleKey(path.target, roleName);
  if (rule === undefined) return `${name} has no auto_approve`;
  if (duration > rule.max_duration)
    return `${formatDuration(duration)} is longer than the ${formatDuration(rule.max_duration)} of ${name}`;
  if (role.kind !== "aws") return undefined; // the other kinds have no actions to tell apart
  // A list that is not there admits nothing: "any other action needs approval" (limits of the schema).
  const admitted = role.auto_approve?.actions ?? [];
  if (admitted.length === 0) return `auto_approve of ${name} names no actions`;
  const asked = allow === "everything" ? [{ actions: ["*"], resources: ["*"] }] : (allow ?? []);
  const outside = asked.flatMap(({ actions }) => actions.filter((action) => !isInside(action, admitted)));
  if (asked.length === 0) return `${path.path} names no actions`;
  const [first] = outside;
  return first === undefined ? undefined : `${first} is not among the actions of ${name}'s auto_approve`;
}

/** By the same test as a request's statements against its role, on whatever resource: which ones, the role's `allow` says. */
const isInside = (action: string, admitted: Statement["actions"]): boolean =>
  statementInside({ actions: [action], resources: ["*"] }, [{ actions: [...admitted], resources: ["*"] }]);

function overLimit(requests: readonly ResolvedRequest[], { autoApproved }: DecisionInput["standing"]) {
  const byRole = Map.groupBy(requests, (one) => roleKey(one.path.target, one.roleName));
  for (const [role, asked] of byRole) {
    const most = asked[0]?.role.auto_approve?.per_day ?? 0;
    const had = autoApproved.get(role) ?? 0;
    if (had + asked.length > most)
      return `${role} is approved automatically ${count(most, "time")} in 24 hours, and ${had === 0 ? "this is more" : `${had} ${had === 1 ? "was" : "were"} granted`}`;
  }
  return undefined;
}

/** Who may, for people: the lists of every role, each owner once. */
export const whoMay = (lists: readonly (readonly Owner[])[]): string =>
  [...new Set(lists.flat().map(ownerText))].join(", ");

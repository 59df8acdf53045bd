import { ownerText } from "../access-repo/index.ts";
import type { Owner, Policy, ResolvedRequest } from "../access-repo/types.ts";
import { formatDuration } from "../base/duration.ts";
import { notCovered } from "./auto-approve.ts";
import { count } from "./nodes.ts";
import { ownersText } from "./owners.ts";
import { roleKey } from "./standing.ts";
import type { RequestRule } from "./types.ts";

/** What a rule beside the owners' approval comes to for one request, as far as that hangs on nobody's person. */
export interface WithoutApproval {
  readonly rule: Exclude<RequestRule, "owners">;
  /** False: it does not apply, whoever asks. */
  readonly applies: boolean;
  /** For whom, as the policy spells them. */
  readonly from: readonly string[];
  /** One sentence, not escaped for any sink. */
  readonly text: string;
}

/** How a request could go without approval, before it is known who asks; by the same tests as the decision. */
export function withoutApproval({ settings }: Policy, request: ResolvedRequest): readonly WithoutApproval[] {
  const { role, roleName, path } = request;
  const texts = (owners: readonly Owner[]): readonly string[] => owners.map(ownerText);
  if (request.break_glass !== undefined) {
    const { members = [], review_within = 0 } = settings.break_glass ?? {};
    const text = `Nobody before the merge where the requester is one of ${ownersText(members)} (break_glass); an owner reviews it within ${formatDuration(review_within)}. Others remove break_glass.`;
    return [{ rule: "break_glass", applies: role.break_glass && members.length > 0, from: texts(members), text }];
  }
  const automatic = role.auto_approve;
  if (automatic === undefined) return [];
  const { requesters, per_day } = automatic;
  const since = notCovered(request);
  const text =
    since === undefined
      ? `Nobody where the requester is one of ${ownersText(requesters)}, alone wrote and pushed it, and has it at most ${count(per_day, "time")} in 24 hours (auto_approve of ${roleKey(path.target, roleName)}).`
      : `Not automatically, since ${since}.`;
  return [{ rule: "auto_approve", applies: since === undefined, from: texts(requesters), text }];
}

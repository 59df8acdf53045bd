import { settingsPath } from "../access-repo/index.ts";
import type { Policy } from "../access-repo/types.ts";
import { noStanding } from "../approval/index.ts";
import type { DecisionInput } from "../approval/types.ts";
import { RetryLater } from "../base/errors.ts";
import type { Digest } from "../base/ids.ts";
import { askReviewers } from "./ask-reviewers.ts";
import { bestEffort } from "./best-effort.ts";
import { diagnosticsCheck, plainCheck } from "./check-text.ts";
import { decideLive } from "./decide-live.ts";
import { storeDecision } from "./decisions.ts";
import { evaluatePolicy, policyShown } from "./evaluate-policy.ts";
import { type Freeze, freezeCheck, freezeMessage, freezeOf } from "./freeze.ts";
import type { Judgement } from "./judgement.ts";
import { ledgerHead, merge, shownAs } from "./merge.ts";
import { policyMessage } from "./merge-message.ts";
import { policyEffects } from "./policy-effects.ts";
import { loosened } from "./policy-loosened.ts";
import { policyPage } from "./policy-page.ts";
import { widened } from "./policy-widened.ts";
import { notYet, planPostedAt, post } from "./posted-plan.ts";

/**
 * A pull request that changes policy: judged on the tree that its merge would yield, against the accepted policy (DESIGN.md
 * section 4, Policy in force). One that only freezes is merged at once.
 * @throws RetryLater where GitHub does not show or do something
 */
export async function judgePolicy(context: Judgement): Promise<void> {
  const { deps, snapshot, posted, accepted, excluded, byJob } = context;
  const evaluation = await evaluatePolicy(deps, snapshot, accepted);
  if (!evaluation.ok) {
    return post(
      deps,
      snapshot,
      posted,
      diagnosticsCheck(evaluation.diagnostics, "This policy is not valid yet."),
      null,
    );
  }
  const { accepted: policy, paths, resulting, after, warnings } = evaluation;
  if (paths.length === 0) {
    const what =
      "The merge yields the policy that is in force: no approval is needed, and Countersign does not merge it.";
    return post(deps, snapshot, posted, plainCheck("success", "Restores the accepted policy", [what]), null);
  }
  const subject: DecisionInput["subject"] = { kind: "policy", paths };
  const shown = policyShown(policy.digest, resulting);
  const input = { snapshot, policy, subject, planPostedAt: planPostedAt(posted, shown) ?? notYet, excluded, byJob };
  const decision = await decideLive(deps, input);
  if (decision.outcome === "retry") throw new RetryLater("github_behind", decision.tree.text);
  const freeze = await freezeOf(deps, { ...input, standing: noStanding }, after);
  if (freeze) return mergeFreeze(context, { ...freeze, policy, subject, resulting, shown });
  const effects = await policyEffects(deps, snapshot, policy, after);
  const [owner = ""] = snapshot.repository.fullName.split("/");
  const page = policyPage({
    snapshot,
    paths,
    decision,
    warnings,
    loosened: loosened(policy, after),
    widened: widened(policy, after, owner),
    effects,
  });
  if (!page.ok) return post(deps, snapshot, posted, page.content, null);
  await post(deps, snapshot, posted, await shownAs(context, decision, page.content), shown);
  await bestEffort(deps, [() => askReviewers(deps, snapshot, decision)]);
  if (decision.outcome !== "approved" || snapshot.pullRequest.draft) return;
  if (deps.config.frozen.some((entry) => entry.kind === "all")) return;
  await storeDecision(deps, { snapshot, policy, subject, sha256: new Map(), resultingDigest: resulting }, decision);
  await merge(context, policyMessage(snapshot, paths, decision, await ledgerHead(context)));
}

/** One person may stop (DESIGN.md section 4, Freeze). */
async function mergeFreeze(
  context: Judgement,
  freeze: Freeze & {
    readonly policy: Policy;
    readonly subject: DecisionInput["subject"];
    readonly resulting: Digest;
    readonly shown: Digest;
  },
): Promise<void> {
  const { deps, snapshot, posted } = context;
  const { decision, added, policy, subject, resulting, shown } = freeze;
  const { draft, number } = snapshot.pullRequest;
  // The operator's word stops merges, this one too: it would add nothing.
  const held = deps.config.frozen.some((entry) => entry.kind === "all");
  const way = ["Nothing is merged while COUNTERSIGN_FROZEN=all is set."];
  const content = held ? plainCheck("action_required", "Frozen by the operator", way) : freezeCheck(freeze, draft);
  await post(deps, snapshot, posted, await shownAs(context, decision, content), shown);
  if (draft || held) return;
  const key = { snapshot, policy, subject, sha256: new Map(), resultingDigest: resulting };
  await storeDecision(deps, key, decision);
  const { message } = policyMessage(snapshot, [settingsPath], decision, await ledgerHead(context));
  await merge(context, freezeMessage(added, number, message));
}

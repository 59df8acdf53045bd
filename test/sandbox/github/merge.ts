import { accountOf, atLeast, roleOf } from "./permissions.ts";
import { emitPull, markMerged, pullCommits } from "./pull-state.ts";
import { findPull } from "./pulls.ts";
import { moveRef } from "./refs.ts";
import { rulesFor } from "./rulesets.ts";
import { onRepo, optionalText, type RepoContext, type Route } from "./router.ts";
import {
  type Account,
  type Actor,
  ApiError,
  type Json,
  type Protection,
  type Pull,
  type Repo,
  type Review,
} from "./types.ts";
import { WEB_FLOW_EMAIL } from "./world.ts";

/** The latest review per person that says yes, no or was voided; comments never replace it. */
export function opinions(pull: Pull): Review[] {
  const latest = new Map<number, Review>();
  for (const r of pull.reviews) if (r.state !== "COMMENTED" && r.state !== "PENDING") latest.set(r.user.id, r);
  return [...latest.values()];
}

/** What branch protection still wants, as GitHub words it, or null. */
export function blocked(repo: Repo, pull: Pull, p: Protection): string | null {
  for (const need of p.requiredChecks) {
    // A pinned check counts from its App alone: anybody with `checks: write` can post the same name.
    const latest = repo.checkRuns
      .filter((r) => r.headSha === pull.headSha && r.name === need.context)
      .filter((r) => need.appId === null || r.app?.id === need.appId)
      .at(-1);
    if (
      !latest ||
      latest.status !== "completed" ||
      !["success", "neutral", "skipped"].includes(latest.conclusion ?? "")
    )
      return `Required status check "${need.context}" is expected.`;
  }
  if (p.requiredApprovals === 0) return null;
  const counted = opinions(pull).filter((r) => atLeast(roleOf(repo, r.user), "write"));
  if (counted.some((r) => r.state === "CHANGES_REQUESTED"))
    return "At least 1 approving review is required by reviewers with write access. Changes were requested.";
  const yes = counted.filter((r) => r.state === "APPROVED");
  const fresh = p.requireLastPushApproval ? yes.filter((r) => r.user.id !== pull.lastPusher?.id) : yes;
  if (yes.length < p.requiredApprovals)
    return `At least ${p.requiredApprovals} approving review is required by reviewers with write access.`;
  return fresh.length > 0 || !p.requireLastPushApproval
    ? null
    : "New changes require approval from someone other than the last pusher.";
}

function bypasses(repo: Repo, actor: Actor, p: Protection): boolean {
  return !p.enforceAdmins && actor.kind === "user" && atLeast(roleOf(repo, actor.user), "admin");
}

async function merge(c: RepoContext) {
  const { repo, s } = c;
  const pull = findPull(repo, c.params["pull_number"]);
  const by = accountOf(c.actor);
  if (pull.merged || pull.state === "closed") throw new ApiError(405, "Pull Request is not mergeable");
  if (pull.draft) throw new ApiError(405, "Pull Request is still a draft");
  const sha = optionalText(c.body, "sha");
  if (sha !== undefined && sha !== pull.headSha)
    throw new ApiError(409, "Head branch was modified. Review and try the merge again.");
  const ref = `refs/heads/${pull.baseRef}`;
  const base = await repo.git.resolve(ref);
  if (base === null) throw new ApiError(405, "Base branch was modified. Review and try the merge again.");
  const p = repo.protections.get(pull.baseRef);
  if (p && !bypasses(repo, c.actor, p)) {
    const why = blocked(repo, pull, p);
    if (why !== null) throw new ApiError(405, why);
    if (p.strict && !(await repo.git.isAncestor(base, pull.headSha)))
      throw new ApiError(405, "The head branch must be up to date with the base branch before merging.");
  }
  await held(c, pull, ref, base);
  const tree = await repo.git.mergeTree(base, pull.headSha);
  if (tree === null) throw new ApiError(405, "Pull Request is not mergeable");
  const commit = await makeCommit(c, pull, by, base, tree);
  repo.signed.add(commit);
  await moveRef(s, repo, c.actor, by, { ref, before: base, after: commit }, { type: "pr_merge", merge: true });
  await markMerged(s, repo, pull, by, commit);
  return { status: 200, body: { sha: commit, merged: true, message: "Pull Request successfully merged" } };
}

/** What rulesets still want, for whoever may not bypass them. Which code owner a path has is not simulated: anybody's review counts. */
async function held(c: RepoContext, pull: Pull, ref: string, base: string): Promise<void> {
  const { repo } = c;
  for (const rule of rulesFor(repo, c.actor, ref, true)) {
    const p = (rule["parameters"] ?? {}) as Json;
    if (rule["type"] === "merge_queue") throw new ApiError(405, "Changes must be made through the merge queue");
    if (rule["type"] === "update") throw new ApiError(405, "Cannot update this protected ref.");
    const checks = (p["required_status_checks"] ?? []) as { context: string; integration_id?: number }[];
    const owner = p["require_code_owner_review"] === true ? 1 : 0;
    const why = blocked(repo, pull, {
      requiredChecks: checks.map((k) => ({ context: k.context, appId: k.integration_id ?? null })),
      requiredApprovals: Math.max(Number(p["required_approving_review_count"] ?? 0), owner),
      requireLastPushApproval: p["require_last_push_approval"] === true,
      requirePulls: true,
      dismissStaleReviews: false,
      strict: false,
      enforceAdmins: true,
      allowForcePushes: true,
    });
    if (why !== null) throw new ApiError(405, `Repository rule violations found\n\n${why}\n\n`);
    if (p["strict_required_status_checks_policy"] === true && !(await repo.git.isAncestor(base, pull.headSha)))
      throw new ApiError(405, "Repository rule violations found\n\nThe head branch is not up to date.\n\n");
    const methods = p["allowed_merge_methods"] as string[] | undefined;
    const method = optionalText(c.body, "merge_method") ?? "merge";
    if (methods && methods.length > 0 && !methods.includes(method))
      throw new ApiError(405, `Repository rule violations found\n\n${method} merges are not allowed.\n\n`);
  }
}

async function makeCommit(c: RepoContext, pull: Pull, by: Account, base: string, tree: string): Promise<string> {
  const { repo, s } = c;
  const { world } = s;
  const method = optionalText(c.body, "merge_method") ?? "merge";
  const title = optionalText(c.body, "commit_title");
  const message = optionalText(c.body, "commit_message");
  const compose = (subject: string, rest: string) => (rest === "" ? subject : `${subject}\n\n${rest}`);
  if (method === "squash") {
    if (!repo.allowSquash) throw new ApiError(405, "Squash merges are not allowed on this repository.");
    return repo.git.commitTree({
      tree,
      parents: [base],
      message: compose(title ?? `${pull.title} (#${pull.number})`, message ?? (await squashBody(c, pull))),
      author: world.signature(pull.user),
      committer: world.webFlow(),
    });
  }
  if (method !== "merge") throw new ApiError(405, "Rebase merges are not allowed on this repository.");
  return repo.git.commitTree({
    tree,
    parents: [base, pull.headSha],
    message: compose(
      title ?? `Merge pull request #${pull.number} from ${repo.owner.login}/${pull.headRef}`,
      message ?? pull.title,
    ),
    author: world.signature(by),
    committer: { ...world.webFlow(), email: WEB_FLOW_EMAIL },
  });
}

/** GitHub's default: the only commit's body, or every commit's subject; other authors as co-authors. */
async function squashBody(c: RepoContext, pull: Pull): Promise<string> {
  const ids = await pullCommits(c.repo, pull);
  const commits = await Promise.all(ids.map((id) => c.repo.git.mustCommit(id)));
  const others = new Map(
    commits
      .filter((x) => c.s.world.accountByEmail(x.author.email)?.id !== pull.user.id)
      .map((x) => [x.author.email, `Co-authored-by: ${x.author.name} <${x.author.email}>`]),
  );
  const text =
    commits.length === 1
      ? (commits[0]?.message.split("\n").slice(2).join("\n") ?? "")
      : commits.map((x) => `* ${x.message}`).join("\n\n");
  return [text, [...others.values()].join("\n")].filter((t) => t !== "").join("\n\n");
}

export const mergeRoutes: readonly Route[] = [
  onRepo(
    "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge",
    { app: [["contents", "write"]], role: "write", login: true },
    merge,
  ),
  onRepo(
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/merge",
    { app: [["pull_requests", "read"]], role: "read" },
    (c) => {
      if (!findPull(c.repo, c.params["pull_number"]).merged) throw new ApiError(404, "Not Found");
      return { status: 204 };
    },
  ),
];

/** The page's "Ready for review" and "Convert to draft": GraphQL only on GitHub, a test helper here. */
export async function setDraft(
  s: RepoContext["s"],
  repo: Repo,
  pull: Pull,
  by: Account,
  draft: boolean,
): Promise<void> {
  if (pull.draft === draft) return;
  pull.draft = draft;
  await emitPull(s, repo, pull, by, draft ? "converted_to_draft" : "ready_for_review");
}

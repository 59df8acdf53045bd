import { type Commit, ZERO } from "./git.ts";
import { atLeast, roleOf } from "./permissions.ts";
import { closePull, mergedElsewhere, synchronize } from "./pull-state.ts";
import { rulesFor } from "./rulesets.ts";
import { iso, repoApi, repository, simpleUser } from "./render.ts";
import type { Sim } from "./router.ts";
import { type Account, type Actor, type Activity, ApiError, isPull, type Json, type Pull, type Repo } from "./types.ts";
import type { World } from "./world.ts";

export interface RefChange {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Why this caller may not move this ref by push or API, or null. Merges do not come through here. `exists`: whether the branch is there
 * already; whether it is to be deleted is not known before a push.
 */
export function refusal(repo: Repo, actor: Actor, ref: string, exists: boolean): "protected" | "force" | null {
  if (ref.startsWith("refs/heads/")) {
    const types = new Set(rulesFor(repo, actor, ref, false).map((rule) => rule["type"]));
    const stops = exists ? ["update", "pull_request", "required_status_checks", "merge_queue"] : ["creation"];
    if (stops.some((type) => types.has(type))) return "protected";
    if (exists && (types.has("non_fast_forward") || types.has("deletion"))) return "force";
  }
  const p = repo.protections.get(ref.replace("refs/heads/", ""));
  if (!p || !ref.startsWith("refs/heads/")) return null;
  const admin = actor.kind === "user" && atLeast(roleOf(repo, actor.user), "admin");
  if (admin && !p.enforceAdmins) return null;
  if (p.requirePulls || p.requiredChecks.length > 0) return "protected";
  return p.allowForcePushes ? null : "force";
}

/** Moves a ref by the API: compare-and-swap, branch rules, then everything that follows from it. */
export async function moveRef(
  s: Sim,
  repo: Repo,
  actor: Actor,
  by: Account,
  change: RefChange,
  o: { type?: Activity["type"]; merge?: boolean } = {},
): Promise<void> {
  if (!o.merge) {
    const why = refusal(repo, actor, change.ref, change.before !== ZERO);
    if (why === "protected")
      throw new ApiError(409, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n");
    if (why === "force" && change.before !== ZERO) {
      if (change.after === ZERO || !(await repo.git.isAncestor(change.before, change.after)))
        throw new ApiError(422, "Cannot force-push to this branch");
    }
  }
  await guardWorkflows(repo, actor, change);
  await repo.git.updateRef(change.ref, change.after, change.before);
  await afterRefChange(s, repo, by, change, o.type);
}

/** An App needs `workflows: write` to change what CI runs, whatever else it may write. */
async function guardWorkflows(repo: Repo, actor: Actor, change: RefChange): Promise<void> {
  if (actor.kind !== "installation" || actor.permissions["workflows"] === "write" || change.after === ZERO) return;
  const base = change.before === ZERO ? await repo.git.resolve("HEAD") : change.before;
  const now = await repo.git.entry(change.after, ".github/workflows");
  const then = base ? await repo.git.entry(base, ".github/workflows") : null;
  if (now && now.oid !== then?.oid && !(await reachable(repo, change.after)))
    throw new ApiError(
      403,
      "refusing to allow a GitHub App to create or update workflow files under `.github/workflows` without `workflows` permission",
    );
}

async function reachable(repo: Repo, oid: string): Promise<boolean> {
  for (const tip of (await repo.git.refs("refs/heads/")).values()) if (await repo.git.isAncestor(oid, tip)) return true;
  return false;
}

/** What GitHub does after a ref moved: activity, `push`, pull requests that follow their head. */
export async function afterRefChange(
  s: Sim,
  repo: Repo,
  by: Account,
  { ref, before, after }: RefChange,
  type?: Activity["type"],
): Promise<void> {
  if (before === after) return;
  const { world } = s;
  repo.pushedAt = world.now();
  const forced = before !== ZERO && after !== ZERO && !(await repo.git.isAncestor(before, after));
  const kind: Activity["type"] =
    type ?? (before === ZERO ? "branch_creation" : after === ZERO ? "branch_deletion" : forced ? "force_push" : "push");
  if (ref.startsWith("refs/heads/"))
    repo.activity.unshift({
      id: world.id("activity"),
      before,
      after,
      ref,
      timestamp: world.now(),
      type: kind,
      actor: by,
    });
  s.hooks.emit("push", repo, by, await pushPayload(world, repo, by, { ref, before, after }, forced));
  if (!ref.startsWith("refs/heads/")) return;
  const branch = ref.slice("refs/heads/".length);
  const open = [...repo.issues.values()].filter((i): i is Pull => isPull(i) && i.state === "open");
  for (const pull of open) {
    if (pull.headRepo === repo && pull.headRef === branch) {
      if (after === ZERO) await closePull(s, repo, pull, by);
      else await synchronize(s, repo, pull, by, after);
    } else if (pull.baseRef === branch) {
      if (after === ZERO) await closePull(s, repo, pull, by);
      else if (type !== "pr_merge" && (await repo.git.isAncestor(pull.headSha, after)))
        await mergedElsewhere(s, repo, pull, by, before, after);
    }
  }
}

async function pushPayload(
  w: World,
  repo: Repo,
  by: Account,
  { ref, before, after }: RefChange,
  forced: boolean,
): Promise<Json> {
  const tip = after === ZERO ? null : await repo.git.commit(after);
  const range =
    tip === null ? [] : before === ZERO ? [after, "--not", "--exclude", ref, "--branches"] : [`${before}..${after}`];
  const single = tip !== null && tip.parents.length === 1 && tip.parents[0] === before;
  const ids = single ? [after] : tip === null ? [] : await repo.git.list(["--reverse", "--max-count=2048", ...range]);
  const commits = await Promise.all(ids.map(async (id) => commitSummary(w, repo, await repo.git.mustCommit(id))));
  const full = repository(w, repo);
  return {
    ref,
    before,
    after,
    created: before === ZERO,
    deleted: after === ZERO,
    forced,
    base_ref: null,
    compare: `${w.url}/${repo.owner.login}/${repo.name}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits,
    head_commit: tip ? await commitSummary(w, repo, tip) : null,
    repository: {
      ...full,
      owner: { ...simpleUser(w, repo.owner), name: repo.owner.login, email: null },
      url: `${w.url}/${repo.owner.login}/${repo.name}`,
      created_at: Math.floor(repo.createdAt.getTime() / 1000),
      pushed_at: Math.floor(repo.pushedAt.getTime() / 1000),
      stargazers: 0,
      master_branch: repo.defaultBranch,
    },
    pusher: { name: by.login, email: `${by.id}+${by.login}@users.noreply.github.com` },
  };
}

async function commitSummary(w: World, repo: Repo, c: Commit): Promise<Json> {
  const person = (p: Commit["author"]) => {
    const account = w.accountByEmail(p.email);
    return { name: p.name, email: p.email, date: iso(p.date), ...(account ? { username: account.login } : {}) };
  };
  const files = await repo.git.changes(c.parents[0] ?? "4b825dc642cb6eb9a060e54bf8d69288fbee4904", c.oid);
  const named = (status: string) => files.filter((f) => f.status === status).map((f) => f.path);
  return {
    id: c.oid,
    tree_id: c.tree,
    distinct: true,
    message: c.message,
    timestamp: iso(c.committer.date),
    url: `${repoApi(w, repo).replace("/api/v3/repos", "")}/commit/${c.oid}`,
    author: person(c.author),
    committer: person(c.committer),
    added: [...named("added"), ...named("renamed")],
    removed: [...named("removed"), ...files.filter((f) => f.status === "renamed").map((f) => f.previousPath)],
    modified: [...named("modified"), ...named("changed")],
  };
}

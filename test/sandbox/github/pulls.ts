import { accountOf, appOf, atLeast, type Needs, roleOf } from "./permissions.ts";
import { closePull, emitPull, pointPullRef, pullCommits, pullFiles, pullFull, pullSimple } from "./pull-state.ts";
import { fileEntry, commitObject } from "./commits.ts";
import { int, onRepo, optionalText, page, type RepoContext, type Route, text } from "./router.ts";
import { type Account, ApiError, isPull, type Pull, type Repo } from "./types.ts";
import { ZERO } from "./git.ts";
import { simpleUser, team } from "./render.ts";

export const PULLS_READ = [["pull_requests", "read"]] as const;
export const PULLS_WRITE = [["pull_requests", "write"]] as const;
const read = { app: PULLS_READ, role: "read" } as const;

export function findPull(repo: Repo, number: string | undefined): Pull {
  const found = repo.issues.get(int(number));
  if (!found || !isPull(found)) throw new ApiError(404, "Not Found");
  return found;
}

function allPulls(repo: Repo): Pull[] {
  return [...repo.issues.values()].filter(isPull);
}

const invalid = (field: string, message: string, code = "invalid") =>
  new ApiError(422, "Validation Failed", [{ resource: "PullRequest", field, code, message }]);

async function create(c: RepoContext) {
  const { repo, s } = c;
  const user = accountOf(c.actor);
  const [headOwner, headRef] = splitHead(repo, text(c.body, "head"));
  if (headOwner.toLowerCase() !== repo.owner.login.toLowerCase()) throw invalid("head", "invalid head");
  const baseRef = text(c.body, "base");
  const title = text(c.body, "title");
  const head = await repo.git.resolve(`refs/heads/${headRef}`);
  const base = await repo.git.resolve(`refs/heads/${baseRef}`);
  if (!head) throw invalid("head", "head is invalid");
  if (!base) throw invalid("base", "base is invalid");
  if (allPulls(repo).some((p) => p.state === "open" && p.headRef === headRef && p.baseRef === baseRef))
    throw new ApiError(422, "Validation Failed", [
      {
        resource: "PullRequest",
        code: "custom",
        message: `A pull request already exists for ${repo.owner.login}:${headRef}.`,
      },
    ]);
  if ((await repo.git.list(["--max-count=1", `${base}..${head}`])).length === 0)
    throw new ApiError(422, "Validation Failed", [
      { resource: "PullRequest", code: "custom", message: `No commits between ${baseRef} and ${headRef}` },
    ]);
  const now = s.world.now();
  const pull: Pull = {
    id: s.world.id("issue"),
    databaseId: s.world.id("pull"),
    number: repo.issues.size + 1,
    user,
    viaApp: appOf(c.actor),
    title,
    body: optionalText(c.body, "body") ?? null,
    state: "open",
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    comments: [],
    draft: c.body["draft"] === true,
    headRef,
    headSha: head,
    headRepo: repo,
    baseRef,
    baseSha: base,
    merged: false,
    mergedAt: null,
    mergedBy: null,
    mergeCommit: null,
    lastPusher: repo.activity.find((a) => a.ref === `refs/heads/${headRef}`)?.actor ?? null,
    timeline: [],
    reviews: [],
    requestedReviewers: [],
    requestedTeams: [],
  };
  repo.issues.set(pull.number, pull);
  await pointPullRef(repo, pull);
  await emitPull(s, repo, pull, user, "opened");
  return { status: 201, body: await pullFull(s.world, repo, pull) };
}

function splitHead(repo: Repo, head: string): [string, string] {
  const at = head.indexOf(":");
  return at < 0 ? [repo.owner.login, head] : [head.slice(0, at), head.slice(at + 1)];
}

async function list(c: RepoContext) {
  const state = c.query.get("state") ?? "open";
  const base = c.query.get("base");
  const head = c.query.get("head");
  const ascending = c.query.get("direction") === "asc";
  const found = allPulls(c.repo)
    .filter((p) => state === "all" || p.state === state)
    .filter((p) => base === null || p.baseRef === base)
    .filter((p) => head === null || `${p.headRepo.owner.login}:${p.headRef}` === head)
    .sort((a, b) => (c.query.get("sort") === "updated" ? +a.updatedAt - +b.updatedAt : a.number - b.number));
  const { items, headers } = page(c, ascending ? found : found.reverse());
  return { status: 200, body: items.map((p) => pullSimple(c.s.world, c.repo, p)), headers };
}

/** What editing a pull request takes, by REST and by GraphQL. */
export const MAY_UPDATE: Needs = { app: PULLS_WRITE, role: "read", login: true };

export async function update(c: RepoContext) {
  const { repo, s } = c;
  const pull = findPull(repo, c.params["pull_number"]);
  const by = accountOf(c.actor);
  mayEdit(c, pull.user);
  const changes: Record<string, unknown> = {};
  const title = optionalText(c.body, "title");
  if (title !== undefined && title !== pull.title) {
    if (title.trim() === "") throw invalid("title", "title can't be blank", "missing_field");
    changes["title"] = { from: pull.title };
    pull.title = title;
  }
  const body = optionalText(c.body, "body");
  if (body !== undefined && body !== pull.body) {
    changes["body"] = { from: pull.body ?? "" };
    pull.body = body;
  }
  const base = optionalText(c.body, "base");
  if (base !== undefined && base !== pull.baseRef) {
    const tip = await repo.git.resolve(`refs/heads/${base}`);
    if (!tip || pull.state === "closed") throw invalid("base", "Proposed base branch was not found");
    changes["base"] = { ref: { from: pull.baseRef }, sha: { from: pull.baseSha } };
    pull.baseRef = base;
    pull.baseSha = tip;
  }
  if (Object.keys(changes).length > 0) {
    pull.updatedAt = s.world.now();
    await emitPull(s, repo, pull, by, "edited", { changes });
  }
  const state = optionalText(c.body, "state");
  if (state === "closed" && pull.state === "open") await closePull(s, repo, pull, by);
  if (state === "open" && pull.state === "closed") await reopen(c, pull, by);
  return { status: 200, body: await pullFull(s.world, repo, pull) };
}

async function reopen(c: RepoContext, pull: Pull, by: Account): Promise<void> {
  const { repo, s } = c;
  const head = await repo.git.resolve(`refs/heads/${pull.headRef}`);
  if (pull.merged || head === null) throw invalid("state", "state cannot be changed. The branch has been deleted.");
  // GitHub refuses to reopen what was force-pushed while closed.
  if (!(await repo.git.isAncestor(pull.headSha, head)))
    throw invalid("state", "state cannot be changed. The branch was force-pushed or recreated.");
  pull.state = "open";
  pull.closedAt = null;
  pull.timeline.push({ kind: "reopened", by, at: s.world.now() });
  pull.headSha = head;
  pull.baseSha = (await repo.git.resolve(`refs/heads/${pull.baseRef}`)) ?? ZERO;
  await pointPullRef(repo, pull);
  await emitPull(s, repo, pull, by, "reopened");
}

/** An author may edit what is theirs; everybody else needs write. */
export function mayEdit(c: RepoContext, author: Account): void {
  if (c.actor.kind === "user" && c.actor.user.id !== author.id && !atLeast(roleOf(c.repo, c.actor.user), "write"))
    throw new ApiError(403, "Must have push access to repository");
}

function names(v: unknown): readonly string[] {
  return Array.isArray(v) ? v.filter((x): x is string => typeof x === "string") : [];
}

async function request(c: RepoContext) {
  const { repo, s } = c;
  const pull = findPull(repo, c.params["pull_number"]);
  const by = accountOf(c.actor);
  const users = names(c.body["reviewers"]).map((login) => {
    const u = s.world.users.get(login.toLowerCase());
    if (u && u.id === pull.user.id) throw new ApiError(422, "Review cannot be requested from pull request author.");
    if (!u || !collaborates(repo, u))
      throw new ApiError(
        422,
        "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the " +
          `${repo.owner.login}/${repo.name} repository.`,
      );
    return u;
  });
  const teams = names(c.body["team_reviewers"]).map((slug) => {
    const t = repo.owner.teams.get(slug);
    if (!t || !repo.teams.has(slug))
      throw new ApiError(422, "Could not resolve to a node with the global id of a team that is a collaborator.");
    return t;
  });
  for (const u of users)
    if (!pull.requestedReviewers.some((r) => r.id === u.id)) {
      pull.requestedReviewers.push(u);
      await emitPull(s, repo, pull, by, "review_requested", { requested_reviewer: simpleUser(s.world, u) });
    }
  for (const t of teams)
    if (!pull.requestedTeams.includes(t)) {
      pull.requestedTeams.push(t);
      await emitPull(s, repo, pull, by, "review_requested", { requested_team: team(s.world, repo.owner, t) });
    }
  return { status: 201, body: pullSimple(s.world, repo, pull) };
}

/** A public repository's readers are not collaborators: GitHub asks nobody who was not let in. */
export function collaborates(repo: Repo, a: Account): boolean {
  return roleOf({ ...repo, isPrivate: true }, a) !== "none";
}

function unrequest(c: RepoContext) {
  const pull = findPull(c.repo, c.params["pull_number"]);
  const drop = names(c.body["reviewers"]).map((l) => l.toLowerCase());
  const slugs = names(c.body["team_reviewers"]);
  remove(pull.requestedReviewers, (u) => drop.includes(u.login.toLowerCase()));
  remove(pull.requestedTeams, (t) => slugs.includes(t.slug));
  return { status: 200, body: pullSimple(c.s.world, c.repo, pull) };
}

export function remove<T>(list: T[], unwanted: (t: T) => boolean): void {
  for (let i = list.length - 1; i >= 0; i--) if (unwanted(list[i] as T)) list.splice(i, 1);
}

export const pullRoutes: readonly Route[] = [
  onRepo("POST /repos/{owner}/{repo}/pulls", { app: PULLS_WRITE, role: "read", login: true }, create),
  onRepo("GET /repos/{owner}/{repo}/pulls", read, list),
  onRepo("GET /repos/{owner}/{repo}/pulls/{pull_number}", read, async (c) => ({
    status: 200,
    body: await pullFull(c.s.world, c.repo, findPull(c.repo, c.params["pull_number"])),
  })),
  onRepo("PATCH /repos/{owner}/{repo}/pulls/{pull_number}", MAY_UPDATE, update),
  onRepo("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", read, async (c) => {
    const pull = findPull(c.repo, c.params["pull_number"]);
    const { items, headers } = page(c, (await pullFiles(c.repo, pull)).slice(0, 3000));
    return { status: 200, body: items.map((f) => fileEntry(c.s.world, c.repo, f, pull.headSha)), headers };
  }),
  onRepo("GET /repos/{owner}/{repo}/pulls/{pull_number}/commits", read, async (c) => {
    const pull = findPull(c.repo, c.params["pull_number"]);
    const { items, headers } = page(c, await pullCommits(c.repo, pull));
    const body = await Promise.all(
      items.map(async (id) => commitObject(c.s.world, c.repo, await c.repo.git.mustCommit(id))),
    );
    return { status: 200, body, headers };
  }),
  onRepo(
    "POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
    { app: PULLS_WRITE, role: "triage", login: true },
    request,
  ),
  onRepo(
    "DELETE /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
    { app: PULLS_WRITE, role: "triage", login: true },
    unrequest,
  ),
];

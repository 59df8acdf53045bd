import { accountOf } from "./permissions.ts";
import { association, pullSimple } from "./pull-state.ts";
import { findPull, PULLS_READ, PULLS_WRITE, remove } from "./pulls.ts";
import { fullName, iso, nodeId, repoApi, simpleUser } from "./render.ts";
import { int, onRepo, optionalText, page, type RepoContext, type Route } from "./router.ts";
import { type Account, ApiError, type Json, type Pull, type Repo, type Review } from "./types.ts";
import type { World } from "./world.ts";

function render(w: World, repo: Repo, pull: Pull, r: Review): Json {
  const html = `${w.url}/${fullName(repo)}/pull/${pull.number}#pullrequestreview-${r.id}`;
  const api = `${repoApi(w, repo)}/pulls/${pull.number}`;
  return {
    id: r.id,
    node_id: nodeId("PRR", r.id),
    user: simpleUser(w, r.user),
    body: r.body,
    state: r.state,
    html_url: html,
    pull_request_url: api,
    _links: { html: { href: html }, pull_request: { href: api } },
    ...(r.submittedAt ? { submitted_at: iso(r.submittedAt) } : {}),
    commit_id: r.commitId,
    author_association: association(repo, r.user),
  };
}

function emit(c: RepoContext, pull: Pull, review: Review, by: Account, action: string): void {
  c.s.hooks.emit("pull_request_review", c.repo, by, {
    action,
    review: {
      ...render(c.s.world, c.repo, pull, review),
      // Webhooks write the state in lower case, the REST API in capitals.
      state: review.state.toLowerCase(),
      body: review.body === "" ? null : review.body,
      submitted_at: review.submittedAt ? iso(review.submittedAt) : null,
    },
    pull_request: pullSimple(c.s.world, c.repo, pull),
  });
}

const STATES = {
  APPROVE: "APPROVED",
  REQUEST_CHANGES: "CHANGES_REQUESTED",
  COMMENT: "COMMENTED",
  PENDING: "PENDING",
} as const;

const unprocessable = (message: string) => new ApiError(422, "Unprocessable Entity", [message]);

function eventOf(body: Json): keyof typeof STATES {
  const event = optionalText(body, "event") ?? "PENDING";
  if (!(event in STATES))
    throw unprocessable(`Variable $event of type PullRequestReviewEvent was provided invalid value`);
  return event as keyof typeof STATES;
}

function submit(c: RepoContext, pull: Pull, review: Review, event: keyof typeof STATES): void {
  // GitHub lets nobody judge their own pull request; whoever opened it is its author, whoever committed.
  if (event === "APPROVE" && review.user.id === pull.user.id)
    throw unprocessable("Review Can not approve your own pull request");
  if (event === "REQUEST_CHANGES" && review.user.id === pull.user.id)
    throw unprocessable("Review Can not request changes on your own pull request");
  if (event !== "APPROVE" && event !== "PENDING" && review.body === "")
    throw unprocessable("Review body is required for this event");
  review.state = STATES[event];
  if (event === "PENDING") return;
  review.submittedAt = c.s.world.now();
  remove(pull.requestedReviewers, (u) => u.id === review.user.id);
  emit(c, pull, review, review.user, "submitted");
}

async function create(c: RepoContext) {
  const pull = findPull(c.repo, c.params["pull_number"]);
  const user = accountOf(c.actor);
  const event = eventOf(c.body);
  const commit = optionalText(c.body, "commit_id");
  if (commit !== undefined && !(await belongs(c.repo, pull, commit)))
    throw unprocessable("commit_id is not part of the pull request");
  if (pull.reviews.some((r) => r.user.id === user.id && r.state === "PENDING"))
    throw unprocessable("User can only have one pending review per pull request");
  const review: Review = {
    id: c.s.world.id("review"),
    user,
    body: optionalText(c.body, "body") ?? "",
    state: "PENDING",
    commitId: commit ?? pull.headSha,
    submittedAt: null,
  };
  submit(c, pull, review, event);
  pull.reviews.push(review);
  return { status: 200, body: render(c.s.world, c.repo, pull, review) };
}

async function belongs(repo: Repo, pull: Pull, commit: string): Promise<boolean> {
  if (!/^[0-9a-f]{40}$/.test(commit) || !(await repo.git.commit(commit))) return false;
  // A head that a force push replaced can still be named: the review then stays on the old commit.
  return commit === pull.headSha || (await repo.git.isAncestor(commit, pull.headSha)) || known(repo, pull, commit);
}

function known(repo: Repo, pull: Pull, commit: string): boolean {
  return repo.activity.some(
    (a) => a.ref === `refs/heads/${pull.headRef}` && (a.before === commit || a.after === commit),
  );
}

function find(c: RepoContext): { pull: Pull; review: Review } {
  const pull = findPull(c.repo, c.params["pull_number"]);
  const id = int(c.params["review_id"]);
  const review = pull.reviews.find((r) => r.id === id);
  if (!review || !visible(c, review)) throw new ApiError(404, "Not Found");
  return { pull, review };
}

/** A pending review is seen by its writer alone. */
function visible(c: RepoContext, r: Review): boolean {
  return r.state !== "PENDING" || (c.actor.kind !== "anonymous" && accountOf(c.actor).id === r.user.id);
}

function dismiss(c: RepoContext) {
  const { pull, review } = find(c);
  if (optionalText(c.body, "message") === undefined) throw new ApiError(422, "Validation Failed: message is required");
  if (review.state !== "APPROVED" && review.state !== "CHANGES_REQUESTED")
    throw new ApiError(422, `Can not dismiss a ${review.state.toLowerCase()} pull request review`);
  review.state = "DISMISSED";
  emit(c, pull, review, accountOf(c.actor), "dismissed");
  return { status: 200, body: render(c.s.world, c.repo, pull, review) };
}

const anyone = { app: PULLS_WRITE, role: "read", login: true } as const;
const base = "/repos/{owner}/{repo}/pulls/{pull_number}/reviews";
export const reviewRoutes: readonly Route[] = [
  onRepo(`POST ${base}`, anyone, create),
  onRepo(`GET ${base}`, { app: PULLS_READ, role: "read" }, (c) => {
    const pull = findPull(c.repo, c.params["pull_number"]);
    const { items, headers } = page(
      c,
      pull.reviews.filter((r) => visible(c, r)),
    );
    return { status: 200, body: items.map((r) => render(c.s.world, c.repo, pull, r)), headers };
  }),
  onRepo(`GET ${base}/{review_id}`, { app: PULLS_READ, role: "read" }, (c) => {
    const { pull, review } = find(c);
    return { status: 200, body: render(c.s.world, c.repo, pull, review) };
  }),
  onRepo(`POST ${base}/{review_id}/events`, anyone, (c) => {
    const { pull, review } = find(c);
    if (review.state !== "PENDING") throw unprocessable("Can not submit a review that is not pending");
    const body = optionalText(c.body, "body");
    if (body !== undefined) review.body = body;
    submit(c, pull, review, eventOf(c.body));
    return { status: 200, body: render(c.s.world, c.repo, pull, review) };
  }),
  onRepo(`PUT ${base}/{review_id}/dismissals`, { app: PULLS_WRITE, role: "write", login: true }, dismiss),
];

import { accountOf } from "./permissions.ts";
import { pullsAt } from "./pull-state.ts";
import { fullName, integration, iso, maybeIso, nodeId, repoApi } from "./render.ts";
import { int, onRepo, page, type RepoContext, type Route, text, optionalText, type Sim } from "./router.ts";
import {
  type Account,
  type Annotation,
  type App,
  ApiError,
  type CheckRun,
  isPull,
  type Json,
  type Pull,
  type Repo,
} from "./types.ts";
import type { World } from "./world.ts";
import { mustResolve } from "./commits.ts";

const MAX_TEXT = 65_535;
const MAX_ANNOTATIONS = 50;
const CONCLUSIONS = ["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"];
const STATUSES = ["queued", "in_progress", "completed"];

function renderCheck(w: World, repo: Repo, r: CheckRun): Json {
  const api = `${repoApi(w, repo)}/check-runs/${r.id}`;
  const html = `${w.url}/${fullName(repo)}/runs/${r.id}`;
  return {
    id: r.id,
    node_id: nodeId("CR", r.id),
    head_sha: r.headSha,
    external_id: r.externalId,
    name: r.name,
    url: api,
    html_url: html,
    details_url: r.detailsUrl ?? html,
    status: r.status,
    conclusion: r.conclusion,
    started_at: maybeIso(r.startedAt),
    completed_at: maybeIso(r.completedAt),
    output: {
      title: r.title,
      summary: r.summary,
      text: r.text,
      annotations_count: r.annotations.length,
      annotations_url: `${api}/annotations`,
    },
    check_suite: { id: r.suiteId },
    app: r.app ? integration(w, r.app) : null,
    pull_requests: pullsAt(w, repo, r.headSha),
  };
}

/** In webhooks the suite comes along in full. */
function webhookCheck(w: World, repo: Repo, r: CheckRun): Json {
  const branch = [...repo.issues.values()].filter(isPull).find((p: Pull) => p.headSha === r.headSha)?.headRef ?? null;
  return {
    ...renderCheck(w, repo, r),
    check_suite: {
      id: r.suiteId,
      node_id: nodeId("CS", r.suiteId),
      head_branch: branch,
      head_sha: r.headSha,
      status: r.status,
      conclusion: r.conclusion,
      url: `${repoApi(w, repo)}/check-suites/${r.suiteId}`,
      before: null,
      after: r.headSha,
      pull_requests: pullsAt(w, repo, r.headSha),
      app: r.app ? integration(w, r.app) : null,
      created_at: iso(r.startedAt ?? w.now()),
      updated_at: iso(r.completedAt ?? r.startedAt ?? w.now()),
    },
  };
}

export function suiteFor(w: World, repo: Repo, app: App | null, sha: string): number {
  const key = `${app?.id ?? "actions"} ${sha}`;
  const found = repo.suites.get(key) ?? w.id("suite");
  repo.suites.set(key, found);
  return found;
}

function bad(message: string): ApiError {
  return new ApiError(422, `Invalid request.\n\n${message}`);
}

function annotations(output: Json): Annotation[] {
  const given = output["annotations"];
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw bad("For 'properties/annotations', is not an array.");
  if (given.length > MAX_ANNOTATIONS)
    throw bad("No more than 50 items are allowed; the array has " + given.length + ".");
  return given.map((a: Json) => {
    const at = (k: string) => {
      const v = a[k];
      if (v !== undefined && v !== null && !Number.isSafeInteger(v))
        throw bad(`For 'properties/${k}', is not an integer.`);
      return typeof v === "number" ? v : null;
    };
    const start = at("start_line");
    const end = at("end_line");
    const columns = [at("start_column"), at("end_column")] as const;
    if (start === null || end === null || start < 0 || end < start) throw bad("annotation lines are invalid");
    // Columns mean something on one line only; GitHub refuses them across lines.
    if (start !== end && (columns[0] !== null || columns[1] !== null))
      throw bad("start_column/end_column need one line");
    if (!["notice", "warning", "failure"].includes(String(a["annotation_level"])))
      throw bad("annotation_level is invalid");
    if (Buffer.byteLength(optionalText(a, "message") ?? "") > 65_536) throw bad("annotation message is too long");
    if ((optionalText(a, "title") ?? "").length > 255) throw bad("annotation title is too long");
    return {
      path: text(a, "path"),
      start_line: start,
      end_line: end,
      start_column: columns[0],
      end_column: columns[1],
      annotation_level: String(a["annotation_level"]),
      message: text(a, "message"),
      title: optionalText(a, "title") ?? null,
      raw_details: optionalText(a, "raw_details") ?? null,
    };
  });
}

function actions(body: Json): readonly Json[] | undefined {
  const given = body["actions"];
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || given.length > 3) throw bad("No more than 3 actions are allowed.");
  for (const a of given as Json[]) {
    if (text(a, "label").length > 20) throw bad("label is too long (maximum is 20 characters)");
    if (text(a, "identifier").length > 20) throw bad("identifier is too long (maximum is 20 characters)");
    if (text(a, "description").length > 40) throw bad("description is too long (maximum is 40 characters)");
  }
  return given as Json[];
}

function apply(c: RepoContext, r: CheckRun): boolean {
  const { body, s } = c;
  const status = optionalText(body, "status");
  const conclusion = optionalText(body, "conclusion");
  const output = body["output"] as Json | undefined;
  if (status !== undefined && !STATUSES.includes(status)) throw bad(`${status} is not a status that an App may set.`);
  if (conclusion !== undefined && !CONCLUSIONS.includes(conclusion)) throw bad(`${conclusion} is not a conclusion.`);
  if (status === "completed" && conclusion === undefined) throw bad("Required when status is 'completed': conclusion.");
  const added = output ? annotations(output) : [];
  for (const k of ["summary", "text"])
    if (output && Buffer.byteLength(optionalText(output, k) ?? "") > MAX_TEXT)
      throw bad(`Only ${MAX_TEXT} characters are allowed; ${k} is longer.`);
  if (output && (optionalText(output, "title") === undefined || optionalText(output, "summary") === undefined))
    throw bad('"title" and "summary" are required in output.');
  const was = r.status;
  r.name = optionalText(body, "name") ?? r.name;
  r.externalId = optionalText(body, "external_id") ?? r.externalId;
  r.detailsUrl = optionalText(body, "details_url") ?? r.detailsUrl;
  r.actions = actions(body) ?? r.actions;
  // A conclusion alone completes the run.
  if (status !== undefined) r.status = status;
  if (conclusion !== undefined) {
    r.conclusion = conclusion;
    r.status = "completed";
  }
  if (r.status !== "completed") r.conclusion = null;
  const date = (k: string) => {
    const v = optionalText(body, k);
    return v === undefined ? undefined : new Date(v);
  };
  r.startedAt = date("started_at") ?? r.startedAt ?? s.world.now();
  r.completedAt = r.status === "completed" ? (date("completed_at") ?? r.completedAt ?? s.world.now()) : null;
  if (output) {
    r.title = optionalText(output, "title") ?? null;
    r.summary = optionalText(output, "summary") ?? null;
    r.text = optionalText(output, "text") ?? null;
    r.annotations.push(...added); // each PATCH adds to those before
  }
  return was !== "completed" && r.status === "completed";
}

function emit(s: Sim, repo: Repo, r: CheckRun, by: Account, action: string, extra: Json = {}): void {
  s.hooks.emit("check_run", repo, by, { action, check_run: webhookCheck(s.world, repo, r), ...extra });
}

/** `requested_action` and `rerequested` go to the App that owns the check, to no other. */
export function emitOwn(s: Sim, repo: Repo, r: CheckRun, by: Account, action: string, extra: Json = {}): void {
  const installation = r.app && s.world.installationOf(r.app, repo);
  if (!r.app || !installation) return;
  s.hooks.emitTo(r.app, "check_run", repo, installation, by, {
    action,
    check_run: webhookCheck(s.world, repo, r),
    ...extra,
  });
}

async function create(c: RepoContext) {
  const { actor, repo, s } = c;
  if (actor.kind !== "installation") throw new ApiError(403, "You must authenticate via a GitHub App.");
  const app = actor.installation.app;
  const sha = text(c.body, "head_sha");
  const commit = /^[0-9a-f]{40}$/.test(sha) ? await repo.git.commit(sha) : null;
  if (!commit) throw new ApiError(422, "No commit found for SHA: " + sha);
  const run: CheckRun = {
    id: s.world.id("check"),
    app,
    suiteId: suiteFor(s.world, repo, app, sha),
    name: text(c.body, "name"),
    headSha: sha,
    status: "queued",
    conclusion: null,
    externalId: "",
    detailsUrl: null,
    startedAt: null,
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
    actions: [],
  };
  const completed = apply(c, run);
  repo.checkRuns.push(run);
  emit(s, repo, run, app.bot, "created");
  if (completed) emit(s, repo, run, app.bot, "completed");
  return { status: 201, body: renderCheck(s.world, repo, run) };
}

function findCheck(c: RepoContext): CheckRun {
  const id = int(c.params["check_run_id"]);
  const found = c.repo.checkRuns.find((r) => r.id === id);
  if (!found) throw new ApiError(404, "Not Found");
  return found;
}

function update(c: RepoContext) {
  const { actor, repo, s } = c;
  const run = findCheck(c);
  if (actor.kind !== "installation") throw new ApiError(403, "You must authenticate via a GitHub App.");
  // A check belongs to the App that made it.
  if (run.app?.id !== actor.installation.app.id)
    throw new ApiError(
      403,
      `Invalid app_id \`${actor.installation.app.id}\` - check run can only be modified by the GitHub App that created it.`,
    );
  if (apply(c, run)) emit(s, repo, run, actor.installation.app.bot, "completed");
  return { status: 200, body: renderCheck(s.world, repo, run) };
}

async function list(c: RepoContext) {
  const sha = await mustResolve(c.repo, c.params["ref"] ?? "");
  const name = c.query.get("check_name");
  const status = c.query.get("status");
  const appId = c.query.get("app_id");
  let found = c.repo.checkRuns
    .filter((r) => r.headSha === sha && (name === null || r.name === name) && (status === null || r.status === status))
    .filter((r) => appId === null || String(r.app?.id) === appId)
    .reverse();
  if (c.query.get("filter") !== "all") {
    const seen = new Set<string>();
    found = found.filter((r) => {
      const key = `${r.suiteId} ${r.name}`;
      return seen.has(key) ? false : seen.add(key) !== undefined;
    });
  }
  const { items, headers } = page(c, found);
  return {
    status: 200,
    headers,
    body: { total_count: found.length, check_runs: items.map((r) => renderCheck(c.s.world, c.repo, r)) },
  };
}

const read = { app: [["checks", "read"]], role: "read" } as const;
const write = { app: [["checks", "write"]], role: "write", login: true } as const;
export const checkRoutes: readonly Route[] = [
  onRepo("POST /repos/{owner}/{repo}/check-runs", write, create),
  onRepo("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", write, update),
  onRepo("GET /repos/{owner}/{repo}/check-runs/{check_run_id}", read, (c) => ({
    status: 200,
    body: renderCheck(c.s.world, c.repo, findCheck(c)),
  })),
  onRepo("GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", read, (c) => {
    const run = findCheck(c);
    const { items, headers } = page(c, run.annotations);
    const blob = `${c.s.world.url}/${fullName(c.repo)}/blob/${run.headSha}`;
    return { status: 200, headers, body: items.map((a) => ({ ...a, blob_href: `${blob}/${a.path}` })) };
  }),
  onRepo("POST /repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest", write, (c) => {
    const run = findCheck(c);
    emitOwn(c.s, c.repo, run, accountOf(c.actor), "rerequested");
    return { status: 201, body: {} };
  }),
  onRepo("GET /repos/{owner}/{repo}/commits/{ref}/check-runs", read, list),
];

import { load } from "js-yaml";
import { accountOf } from "./permissions.ts";
import { fullName, iso, minimalRepo, nodeId, repoApi, simpleUser } from "./render.ts";
import { int, onRepo, page, type RepoContext, type Route, type Sim, optionalText } from "./router.ts";
import { type Account, ApiError, type Attempt, type Json, type Repo, type Run } from "./types.ts";
import { suiteFor } from "./checks.ts";

const FOLDER = ".github/workflows/";

export interface WorkflowFile {
  readonly path: string;
  readonly name: string;
  readonly on: Json;
  readonly jobs: Json;
}

/** A workflow file at a commit, or null where it is missing or not YAML. */
async function readWorkflow(repo: Repo, commit: string, path: string): Promise<WorkflowFile | null> {
  const file = await repo.git.object(`${commit}:${path}`);
  if (file?.type !== "blob") return null;
  let doc: unknown;
  try {
    doc = load(file.content.toString("utf8"));
  } catch {
    return null;
  }
  if (typeof doc !== "object" || doc === null) return null;
  const root = doc as Json;
  const on = root["on"] ?? root["true"];
  const events: Json =
    typeof on === "string"
      ? { [on]: null }
      : Array.isArray(on)
        ? Object.fromEntries(on.map((e) => [String(e), null]))
        : ((on as Json | null) ?? {});
  return {
    path,
    name: typeof root["name"] === "string" ? root["name"] : path,
    on: events,
    jobs: (root["jobs"] as Json | undefined) ?? {},
  };
}

function workflowId(s: Sim, repo: Repo, path: string): number {
  const id = repo.workflows.get(path) ?? s.world.id("workflow");
  repo.workflows.set(path, id);
  return id;
}

async function paths(repo: Repo): Promise<string[]> {
  const tip = await repo.git.resolve(`refs/heads/${repo.defaultBranch}`);
  const tree = tip ? await repo.git.tree(`${tip}:.github/workflows`) : null;
  return (tree ?? []).filter((e) => /\.ya?ml$/.test(e.name)).map((e) => FOLDER + e.name);
}

/** By id or file name; a workflow exists once it is on the default branch. */
async function find(c: RepoContext): Promise<{ path: string; id: number }> {
  const wanted = c.params["workflow_id"] ?? "";
  for (const path of await paths(c.repo)) {
    const id = workflowId(c.s, c.repo, path);
    if (String(id) === wanted || path === wanted || path === FOLDER + wanted) return { path, id };
  }
  throw new ApiError(404, "Not Found");
}

function checkInputs(given: Json, declared: Json): Record<string, string> {
  const unexpected = Object.keys(given).filter((k) => !(k in declared));
  if (unexpected.length > 0) throw new ApiError(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  if (Object.keys(given).length > 25) throw new ApiError(422, "Too many inputs");
  const inputs: Record<string, string> = {};
  for (const [name, d] of Object.entries(declared)) {
    const spec = (d ?? {}) as Json;
    const value = given[name] ?? spec["default"];
    if (value === undefined || value === null) {
      if (spec["required"] === true) throw new ApiError(422, `Required input '${name}' not provided`);
      inputs[name] = "";
      continue;
    }
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (spec["type"] === "boolean" && text !== "true" && text !== "false")
      throw new ApiError(422, `Provided value '${text}' for input '${name}' not a boolean`);
    if (spec["type"] === "choice" && !(spec["options"] as unknown[] | undefined)?.map(String).includes(text))
      throw new ApiError(422, `Provided value '${text}' for input '${name}' not in the list of allowed values`);
    inputs[name] = text;
  }
  return inputs;
}

async function dispatch(c: RepoContext) {
  const { repo, s } = c;
  const { path } = await find(c);
  const name = optionalText(c.body, "ref");
  if (name === undefined) throw new ApiError(422, 'Invalid request.\n\n"ref" wasn\'t supplied.');
  const refs = await repo.git.refs("refs/");
  const ref = [name, `refs/heads/${name}`, `refs/tags/${name}`].find((r) => r.startsWith("refs/") && refs.has(r));
  const commit = ref ? await repo.git.commit(ref) : null;
  if (!ref || !commit) throw new ApiError(422, `No ref found for: ${name}`);
  const file = await readWorkflow(repo, commit.oid, path);
  if (!file || !("workflow_dispatch" in file.on))
    throw new ApiError(422, "Workflow does not have 'workflow_dispatch' trigger");
  const trigger = (file.on["workflow_dispatch"] ?? {}) as Json;
  const inputs = checkInputs((c.body["inputs"] ?? {}) as Json, (trigger["inputs"] ?? {}) as Json);
  const run = startRun(s, repo, file, {
    event: "workflow_dispatch",
    by: accountOf(c.actor),
    sha: commit.oid,
    ref,
    inputs,
  });
  if (c.body["return_run_details"] !== true) return { status: 204 };
  return {
    status: 200,
    body: {
      workflow_run_id: run.id,
      run_url: `${repoApi(s.world, repo)}/actions/runs/${run.id}`,
      html_url: `${s.world.url}/${fullName(repo)}/actions/runs/${run.id}`,
    },
  };
}

function startRun(
  s: Sim,
  repo: Repo,
  file: WorkflowFile,
  o: { event: string; by: Account; sha: string; ref: string; inputs: Readonly<Record<string, string>> },
): Run {
  const id = workflowId(s, repo, file.path);
  const job = (Object.values(file.jobs)[0] ?? {}) as Json;
  const environment = job["environment"];
  const named = typeof environment === "object" && environment !== null ? (environment as Json)["name"] : environment;
  const run: Run = {
    id: s.world.id("run"),
    repo,
    number: repo.runs.filter((r) => r.workflowId === id).length + 1,
    workflowId: id,
    workflowPath: file.path,
    workflowName: file.name,
    event: o.event,
    actor: o.by,
    headSha: o.sha,
    ref: o.ref,
    inputs: o.inputs,
    environment: typeof named === "string" ? named : null,
    createdAt: s.world.now(),
    attempts: [newAttempt(s, 1, o.by)],
  };
  repo.runs.push(run);
  announce(s, run, "requested");
  return run;
}

function newAttempt(s: Sim, attempt: number, by: Account): Attempt {
  const now = s.world.now();
  return {
    attempt,
    triggeringActor: by,
    status: "queued",
    conclusion: null,
    startedAt: now,
    updatedAt: now,
    checkRunId: s.world.id("check"),
  };
}

function announce(s: Sim, run: Run, action: "requested" | "in_progress" | "completed"): void {
  const at = run.attempts.at(-1) as Attempt;
  s.hooks.emit("workflow_run", run.repo, at.triggeringActor, {
    action,
    workflow: renderWorkflow(s, run.repo, run.workflowPath, run.workflowName),
    workflow_run: renderRun(s, run, at),
  });
  if (action === "requested") for (const f of s.onQueued) f(run);
}

export function startAttempt(s: Sim, run: Run): void {
  const at = run.attempts.at(-1) as Attempt;
  if (at.status !== "queued") return;
  at.status = "in_progress";
  at.updatedAt = s.world.now();
  announce(s, run, "in_progress");
}

export function completeRun(s: Sim, run: Run, conclusion: string): void {
  const at = run.attempts.at(-1) as Attempt;
  if (at.status === "completed") return;
  at.status = "completed";
  at.conclusion = conclusion;
  at.updatedAt = s.world.now();
  announce(s, run, "completed");
}

function renderWorkflow(s: Sim, repo: Repo, path: string, name: string): Json {
  const id = workflowId(s, repo, path);
  const web = `${s.world.url}/${fullName(repo)}`;
  return {
    id,
    node_id: nodeId("W", id),
    name,
    path,
    state: "active",
    created_at: iso(repo.createdAt),
    updated_at: iso(repo.createdAt),
    url: `${repoApi(s.world, repo)}/actions/workflows/${id}`,
    html_url: `${web}/blob/${repo.defaultBranch}/${path}`,
    badge_url: `${web}/workflows/${encodeURIComponent(name)}/badge.svg`,
  };
}

function renderRun(s: Sim, run: Run, at: Attempt): Json {
  const { repo } = run;
  const api = `${repoApi(s.world, repo)}/actions/runs/${run.id}`;
  const w = s.world;
  const suite = suiteFor(w, repo, null, run.headSha);
  const person = {
    name: run.actor.login,
    email: `${run.actor.id}+${run.actor.login.replaceAll(/[[\]]/g, "")}@users.noreply.github.com`,
  };
  return {
    id: run.id,
    name: run.workflowName,
    node_id: nodeId("WFR", run.id),
    head_branch: run.ref.replace(/^refs\/(heads|tags)\//, ""),
    head_sha: run.headSha,
    path: run.workflowPath,
    display_title: run.workflowName,
    run_number: run.number,
    event: run.event,
    status: at.status,
    conclusion: at.conclusion,
    workflow_id: run.workflowId,
    check_suite_id: suite,
    check_suite_node_id: nodeId("CS", suite),
    url: api,
    html_url: `${w.url}/${fullName(repo)}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: iso(run.createdAt),
    updated_at: iso(at.updatedAt),
    actor: simpleUser(w, run.actor),
    run_attempt: at.attempt,
    referenced_workflows: [],
    run_started_at: iso(at.startedAt),
    triggering_actor: simpleUser(w, at.triggeringActor),
    jobs_url: `${api}/jobs`,
    logs_url: `${api}/logs`,
    check_suite_url: `${repoApi(w, repo)}/check-suites/${suite}`,
    artifacts_url: `${api}/artifacts`,
    cancel_url: `${api}/cancel`,
    rerun_url: `${api}/rerun`,
    previous_attempt_url: at.attempt > 1 ? `${api}/attempts/${at.attempt - 1}` : null,
    workflow_url: `${repoApi(w, repo)}/actions/workflows/${run.workflowId}`,
    head_commit: {
      id: run.headSha,
      tree_id: run.headSha,
      message: "",
      timestamp: iso(run.createdAt),
      author: person,
      committer: person,
    },
    repository: minimalRepo(w, repo),
    head_repository: minimalRepo(w, repo),
  };
}

function findRun(c: RepoContext): Run {
  const id = int(c.params["run_id"]);
  const found = c.repo.runs.find((r) => r.id === id);
  if (!found) throw new ApiError(404, "Not Found");
  return found;
}

function listRuns(c: RepoContext, runs: readonly Run[]) {
  const q = (k: string) => c.query.get(k);
  const created = range(q("created"));
  const found = runs
    .filter((r) => q("event") === null || r.event === q("event"))
    .filter((r) => q("actor") === null || r.actor.login === q("actor"))
    .filter((r) => q("branch") === null || r.ref === `refs/heads/${q("branch")}`)
    .filter((r) => q("head_sha") === null || r.headSha === q("head_sha"))
    .filter((r) => {
      const at = r.attempts.at(-1);
      return q("status") === null || at?.status === q("status") || at?.conclusion === q("status");
    })
    .filter((r) => created(r.createdAt))
    .reverse();
  const { items, headers } = page(c, found);
  return {
    status: 200,
    headers,
    body: {
      total_count: found.length,
      workflow_runs: items.map((r) => renderRun(c.s, r, r.attempts.at(-1) as Attempt)),
    },
  };
}

/** GitHub's date ranges: `>=t`, `<t`, `a..b`, or one day or moment. */
function range(text: string | null): (d: Date) => boolean {
  if (text === null) return () => true;
  const t = (s: string) => (s === "*" ? Number.NaN : new Date(s).getTime());
  const sec = (d: Date) => Math.floor(d.getTime() / 1000) * 1000;
  const between = /^(.+?)\.\.(.+)$/.exec(text);
  if (between) return (d) => !(sec(d) < t(between[1] ?? "")) && !(sec(d) > t(between[2] ?? ""));
  const m = /^(>=|<=|>|<)?(.+)$/.exec(text);
  const at = t(m?.[2] ?? "");
  if (Number.isNaN(at)) throw new ApiError(422, "Invalid created filter");
  switch (m?.[1] ?? "") {
    case ">=":
      return (d) => sec(d) >= at;
    case ">":
      return (d) => sec(d) > at;
    case "<=":
      return (d) => sec(d) <= at;
    case "<":
      return (d) => sec(d) < at;
    default:
      return (d) => iso(d).startsWith(m?.[2] ?? "");
  }
}

const READ = { app: [["actions", "read"]], role: "read" } as const;
const WRITE = { app: [["actions", "write"]], role: "write", login: true } as const;
const at = "/repos/{owner}/{repo}/actions";
const THIRTY_DAYS = 30 * 86_400_000;

export const actionRoutes: readonly Route[] = [
  onRepo(`GET ${at}/workflows`, READ, async (c) => {
    const all = await paths(c.repo);
    const { items, headers } = page(c, all);
    const workflows = await Promise.all(
      items.map(async (p) => {
        const file = await readWorkflow(c.repo, `refs/heads/${c.repo.defaultBranch}`, p);
        return renderWorkflow(c.s, c.repo, p, file?.name ?? p);
      }),
    );
    return { status: 200, headers, body: { total_count: all.length, workflows } };
  }),
  onRepo(`GET ${at}/workflows/{workflow_id}`, READ, async (c) => {
    const { path } = await find(c);
    const file = await readWorkflow(c.repo, `refs/heads/${c.repo.defaultBranch}`, path);
    return { status: 200, body: renderWorkflow(c.s, c.repo, path, file?.name ?? path) };
  }),
  onRepo(`POST ${at}/workflows/{workflow_id}/dispatches`, WRITE, dispatch),
  onRepo(`GET ${at}/workflows/{workflow_id}/runs`, READ, async (c) => {
    const { id } = await find(c);
    return listRuns(
      c,
      c.repo.runs.filter((r) => r.workflowId === id),
    );
  }),
  onRepo(`GET ${at}/runs`, READ, (c) => listRuns(c, c.repo.runs)),
  onRepo(`GET ${at}/runs/{run_id}`, READ, (c) => {
    const run = findRun(c);
    return { status: 200, body: renderRun(c.s, run, run.attempts.at(-1) as Attempt) };
  }),
  onRepo(`GET ${at}/runs/{run_id}/attempts/{attempt_number}`, READ, (c) => {
    const run = findRun(c);
    const found = run.attempts.find((a) => a.attempt === int(c.params["attempt_number"]));
    if (!found) throw new ApiError(404, "Not Found");
    return { status: 200, body: renderRun(c.s, run, found) };
  }),
  onRepo(`POST ${at}/runs/{run_id}/rerun`, WRITE, (c) => {
    const run = findRun(c);
    const last = run.attempts.at(-1) as Attempt;
    if (last.status !== "completed") throw new ApiError(403, "This workflow is already running");
    if (c.s.world.now().getTime() - run.createdAt.getTime() > THIRTY_DAYS)
      throw new ApiError(403, "Unable to retry this workflow run because it was created over a month ago");
    // `actor` stays who started it first; the presser is the triggering actor.
    run.attempts.push(newAttempt(c.s, last.attempt + 1, accountOf(c.actor)));
    announce(c.s, run, "requested");
    return { status: 201, body: {} };
  }),
  onRepo(`POST ${at}/runs/{run_id}/cancel`, WRITE, (c) => {
    const run = findRun(c);
    if (run.attempts.at(-1)?.status === "completed")
      throw new ApiError(409, "Cannot cancel a workflow run that is completed.");
    completeRun(c.s, run, "cancelled");
    return { status: 202, body: {} };
  }),
];

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessRepo, seed, target, targetRepo, workflowPath } from "../sandbox/seed.ts";
import { git } from "../sandbox/players.ts";
import { asInstallation } from "./app-api.ts";
import { access, infra, Play } from "./play.ts";

// A job asks, the app opens the pull request, people decide: over HTTP against the whole server and the local GitHub.

let play: Play;
const roles = target.slice(target.indexOf("  operator:"));
/** A role like the other that lists no workflows, and one that admits runs of bots' events. */
const unlisted = roles.replace("operator:", "unlisted:").replace(/ {4}workflows: .*\n/, "");
const events = roles
  .replace("operator:", "events:")
  .replace("    tickets", "    events: [workflow_dispatch, schedule, repository_dispatch]\n    tickets");
beforeAll(async () => {
  play = await Play.start({
    seed: {
      ...seed,
      repositories: seed.repositories.map((r) =>
        r.name === "access"
          ? { ...r, files: { ...r.files, "targets/aws-prod.yml": target + unlisted + events } }
          : { ...r, collaborators: { ...r.collaborators, carol: "read" } },
      ),
    },
  });
});
afterAll(() => play.end());

interface Job {
  readonly run: number;
  readonly attempt: number;
}
interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly code: string;
}

/** Somebody presses "Run workflow" in acme/infra. */
async function job(by = "alice"): Promise<Job> {
  const { rest } = play.world.player(by).api;
  const inputs = { bucket: "acme-stale-logs" };
  await rest.actions.createWorkflowDispatch({ ...infra, workflow_id: "delete-bucket.yml", ref: "main", inputs });
  return { run: play.world.github.runs.all().at(-1)?.id ?? 0, attempt: 1 };
}
async function rerun({ run, attempt }: Job, by: string): Promise<Job> {
  play.world.github.completeRun(run, "failure");
  await play.world.player(by).api.rest.actions.reRunWorkflow({ ...infra, run_id: run });
  return { run, attempt: attempt + 1 };
}
const tokenOf = (job: Job, claims: Record<string, unknown> = {}) =>
  play.token({ run_id: String(job.run), run_attempt: String(job.attempt), ...claims });

const wish = (over: object = {}) => ({
  target: "aws-prod",
  role: "operator",
  reason: "Delete the log bucket left behind by the migration",
  ticket: "OPS-1",
  actions: ["s3:DeleteBucket"],
  resources: ["arn:aws:s3:::acme-stale-logs"],
  duration: "1h",
  ...over,
});
async function post(token: string | undefined, body: unknown): Promise<Answer> {
  const response = await fetch(`${play.world.app.url}/requests`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body: answer, code: String(answer.error_uri).split("#")[1] ?? "opened" };
}
const ask = async (job: Job, over: object = {}, claims: Record<string, unknown> = {}) => {
  play.world.clock.skip(20);
  return post(await tokenOf(job, claims), wish(over));
};
interface Opened {
  readonly number: number;
  readonly path: string;
  readonly head: string;
  readonly branch: string;
}
async function opened(answer: Answer): Promise<Opened> {
  const { pull_request: url, request: path } = answer.body;
  if (typeof url !== "string" || typeof path !== "string") throw new Error(JSON.stringify(answer));
  const number = Number(url.split("/").at(-1));
  await play.settle();
  const { data } = await play.world.player("root").api.rest.pulls.get({ ...access, pull_number: number });
  return { number, path, head: data.head.sha, branch: data.head.ref };
}
const pulls = async () =>
  (await play.world.player("root").api.rest.pulls.list({ ...access, state: "all", per_page: 100 })).data.length;
const close = async ({ number }: Pick<Opened, "number">) => {
  await play.world.player("root").api.rest.pulls.update({ ...access, pull_number: number, state: "closed" });
  await play.settle();
};
const idOf = (login: string) => String(play.world.github.users[login]?.id);

describe("a job that asks", () => {
  test("gets a pull request of ours, waits for it, and after the approval its credentials", async () => {
    const mine = await job();
    const answer = await ask(mine);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        pull_request: expect.stringMatching(/^http.*\/acme\/access\/pull\/\d+$/) as string,
        access_repo: accessRepo,
        request: expect.stringMatching(
          new RegExp(`^requests/aws-prod/20\\d\\d-\\d\\d/job-${mine.run}-1-[0-9a-f]{8}\\.yml$`),
        ) as string,
      },
    });
    const request = await opened(answer);
    const check = await play.check(request.head);
    expect(check.conclusion).toBe("action_required");
    expect(check.summary).toContain("alice asks for role");
    const { data } = await play.world.player("root").api.rest.pulls.get({ ...access, pull_number: request.number });
    expect(data.user.login).toBe("countersign[bot]");
    expect(data.title).toBe("aws-prod/operator 1h: s3:DeleteBucket on acme-stale-logs (OPS-1)");
    expect(data.body).toContain(`/acme/infra/actions/runs/${mine.run}/attempts/1`);

    const use = async () => play.exchange(await tokenOf(mine), { request: request.path });
    expect(await use()).toBe("authorization_pending");
    await play.review("bob", request);
    expect(await play.merged(request)).toBe(true);
    expect(await use()).toBe("released");

    const entries = (await play.ledger()).filter((e) => "path" in e && e.path === request.path);
    expect(entries.map((e) => e.type)).toEqual(["requested", "granted", "issued"]);
    expect(entries[0]).toMatchObject({
      pull_request: request.number,
      commit: request.head,
      requested_by: { login: "alice" },
      triggered_by: { login: "alice" },
      job: { repository: targetRepo, file: workflowPath, run_id: mine.run, run_attempt: 1 },
    });
    expect(entries[1]).toMatchObject({ requested_by: { login: "alice" }, approved_by: [{ login: "bob" }] });
    const message = await git(play.world.github.repository(accessRepo).dir, "log", "-1", "--format=%B", "main");
    expect(message).toContain("Requested-by: alice");
  });

  test("may ask for an environment that it is not in, a commit and any actor", async () => {
    const workflow = { environment: "production", sha: "a".repeat(40), actor: "any" };
    const request = await opened(await ask(await job(), { workflow }, { environment: null }));
    const text = await git(play.world.github.repository(accessRepo).dir, "show", `${request.head}:${request.path}`);
    expect(text).toContain(`  environment: production\n  sha: ${"a".repeat(40)}\n  actor: any`);
    expect(text).toContain(`  file: ${workflowPath}\n  ref: refs/heads/main\n`);
    await close(request);
  });

  test("may have the workflow started anew: dispatched after the merge, with those inputs", async () => {
    const inputs = { bucket: "acme-stale-logs" };
    const request = await opened(await ask(await job(), { dispatch: { inputs } }));
    await play.review("bob", request);
    expect(play.world.github.runs.open().at(-1)).toMatchObject({ inputs, actor: { login: "countersign[bot]" } });
  });
});

describe("asking twice", () => {
  test("for the same in one run attempt is one pull request, also at once and when it was closed", async () => {
    const mine = await job();
    const before = await pulls();
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(mine, { reason: "Asked for five times" })));
    expect(new Set(answers.map((a) => a.body.pull_request)).size).toBe(1);
    expect(answers.every(({ status }) => status === 201 || status === 200)).toBe(true);
    const request = await opened(answers[0] as Answer);
    await close(request);
    expect(await ask(mine, { reason: "Asked for five times" })).toMatchObject({
      status: 200,
      body: { pull_request: answers[0]?.body.pull_request },
    });
    expect(await pulls()).toBe(before + 1);
  });
});

describe("who may ask", () => {
  test("C44 any job but of a workflow that the role lists learns nothing, in one shape, and opens nothing", async () => {
    const before = await pulls();
    const mine = await job();
    const at = (repository: string, ref: string) => {
      const workflow_ref = `${repository}/${workflowPath}@${ref}`;
      return { repository, ref, workflow_ref, job_workflow_ref: workflow_ref };
    };
    play.world.clock.skip(20);
    const answers = await Promise.all([
      ask(mine, { target: "aws-dev" }),
      ask(mine, { role: "admin" }),
      ask(mine, { role: "unlisted" }),
      ask(mine, { access_repo: "acme/other" }),
      ask(mine, {}, { repository_owner_id: "1" }),
      ask(mine, {}, at(targetRepo, "refs/heads/x")),
      ask(mine, {}, at("acme/website", "refs/heads/main")),
      ask(mine, {}, { job_workflow_ref: "acme/pipelines/.github/workflows/x.yml@refs/heads/main" }),
      ask(mine, {}, { event_name: "pull_request_target" }),
      ask(mine, {}, { runner_environment: "self-hosted" }),
    ]);
    const shapes = answers.map((a) => JSON.stringify({ ...a, body: { ...a.body, correlation_id: "" } }));
    expect(new Set(shapes).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 403, code: "access_denied" });
    expect(await pulls()).toBe(before);
  });

  test("a schedule and a bot are refused, also where the role admits the event", async () => {
    const mine = await job();
    expect((await ask(mine, { role: "events" }, { event_name: "schedule" })).code).toBe("asker_not_allowed");
    // A run that our own bot started: of a dispatched grant.
    const granted = await play.grant({ dispatch: true, bucket: "acme-bots" });
    const run = play.world.github.runs.open().at(-1);
    expect(granted.path).toBeDefined();
    const bot = { actor: "countersign[bot]", actor_id: String(play.world.github.app.botId) };
    expect((await ask({ run: run?.id ?? 0, attempt: 1 }, {}, bot)).code).toBe("asker_not_allowed");
  });

  test("a token whose actor is not the run's is refused", async () => {
    expect((await ask(await job(), {}, { actor: "bob", actor_id: idOf("bob") })).code).toBe("asker_not_allowed");
  });

  test("C49 a requester without write permission on the workflow's repository is refused", async () => {
    const mine = await job();
    play.world.github.change.setCollaborator(targetRepo, "alice", "read");
    try {
      expect(await ask(mine)).toMatchObject({
        status: 400,
        code: "request_not_valid",
        body: { error: "invalid_request" },
      });
    } finally {
      play.world.github.change.setCollaborator(targetRepo, "alice", "write");
    }
  });

  test("without a token, with one of another audience or one that is none", async () => {
    expect(await post(undefined, wish())).toMatchObject({ status: 401, body: { error: "invalid_token" } });
    expect(await post(await tokenOf(await job(), { aud: "sts.amazonaws.com" }), wish())).toMatchObject({
      status: 400,
      code: "token_audience",
    });
    expect((await post("x.y.z", wish())).code).toBe("token_malformed");
  });
});

describe("what may be asked", () => {
  test.each<[string, object | string, string]>([
    ["no JSON", "{", "CS1004"],
    ["an unknown key", { duratoin: "1h" }, "CS1007"],
    ["more than the role allows", { resources: ["arn:aws:s3:::other-logs"] }, "CS20"],
    ["longer than the role allows", { duration: "5h" }, "CS2013"],
    ["no ticket", { ticket: undefined }, "CS2015"],
    ["an action that AWS does not have", { actions: ["s3:DeletBucket"] }, "CS20"],
    ["inputs that the workflow does not declare", { dispatch: { inputs: { bukket: "x" } } }, "CS50"],
    ["C62 a reason of two lines", { reason: "one line and\nApproved-by: root" }, "CS1003"],
  ])("not %s: told with what to write, and nothing is opened", async (_, over, code) => {
    const before = await pulls();
    play.world.clock.skip(20);
    const answer = await post(await tokenOf(await job()), typeof over === "string" ? over : wish(over));
    expect(answer).toMatchObject({ status: 400, code: "request_not_valid" });
    expect(JSON.stringify(answer.body.diagnostics)).toContain(code);
    expect(await pulls()).toBe(before);
  });

  test("not for another workflow than the job's own", async () => {
    const answer = await ask(await job(), { workflow: { file: ".github/workflows/other.yml" } });
    expect(answer).toMatchObject({ status: 400, code: "request_not_valid" });
    expect(String(answer.body.error_description)).toBe("workflow.file is not the job's own: leave it out.");
  });
});

describe("what becomes of it", () => {
  const asked = async (over: object = {}, mine?: Job) => opened(await ask(mine ?? (await job()), over));
  const push = async (request: Opened, by = "mallory") => {
    const dir = await play.world.player(by).clone();
    await git(dir, "fetch", "-q", "origin");
    await git(dir, "checkout", "-q", "-B", request.branch, `origin/${request.branch}`);
    await git(dir, "commit", "-q", "--allow-empty", "-m", "one more");
    await git(dir, "push", "-q", "origin", request.branch);
    await play.settle();
    return git(dir, "rev-parse", "HEAD");
  };

  test("C19 the requester's own approval does not count, though GitHub takes it", async () => {
    play.world.github.change.setTeamMember("acme", "cloud-owners", "alice");
    try {
      const request = await asked({ reason: "Approved by who asked" });
      await play.review("alice", request);
      expect(await play.merged(request)).toBe(false);
      expect((await play.check(request.head)).summary).toContain("alice approved, but is the requester");
      await close(request);
    } finally {
      play.world.github.change.removeTeamMember("acme", "cloud-owners", "alice");
    }
  });

  test("C63 who re-ran the job that asked does not approve it; another owner does", async () => {
    const mine = await rerun(await job(), "bob");
    const request = await asked({ reason: "Asked in a re-run by bob" }, mine);
    await play.review("bob", request);
    expect(await play.merged(request)).toBe(false);
    expect((await play.check(request.head)).summary).toContain("bob approved, but took part in asking for this");
    await play.review("carol", request);
    expect(await play.merged(request)).toBe(true);
    const granted = (await play.ledger()).findLast((e) => e.type === "granted" && e.path === request.path);
    expect(granted).toMatchObject({ requested_by: { login: "alice" }, approved_by: [{ login: "carol" }] });
  });

  test("C63 who re-ran the job is still excluded when the head is judged again after the merge", async () => {
    const mine = await rerun(await job(), "bob");
    const request = await asked({ reason: "Decided twice after a re-run" }, mine);
    await play.review("bob", request);
    const { github } = play.world;
    const undo = github.intercept({
      after: ({ method, path, status }) => {
        if (method === "PUT" && path.endsWith(`/pulls/${request.number}/merge`) && status === 200)
          github.change.removeTeamMember("acme", "cloud-owners", "carol");
        return undefined;
      },
    });
    try {
      await play.review("carol", request);
      expect(await play.merged(request)).toBe(true);
      expect(await play.quarantined(request.path)).toBe("decision_differs");
    } finally {
      undo();
      github.change.setTeamMember("acme", "cloud-owners", "carol");
    }
  });

  test("C54 a push by anybody else denies, also one that puts our commit back, whoever approves", async () => {
    const login = "mallory";
    const request = await asked({ reason: `Pushed to by ${login}` });
    const head = await push(request, login);
    await play.review("carol", request);
    expect(await play.merged(request)).toBe(false);
    expect((await play.check(head)).summary).toContain("Somebody else pushed to this branch");
    const dir = await play.world.player(login).clone();
    await git(dir, "push", "-q", "--force", "origin", `${request.head}:refs/heads/${request.branch}`);
    await play.settle();
    await play.review("carol", request);
    expect(await play.merged(request)).toBe(false);
    expect((await play.check(request.head)).summary).toContain("Somebody else pushed to this branch");
    await play.mergeByHand(request);
    expect(await play.quarantined(request.path)).toBe("decision_differs");
    expect(await play.use(request)).not.toBe("released");
  });

  test("C23 a pull request that another bot or we open without a job is a bot's, and denied", async () => {
    const request = await asked({ reason: "The one that is ours" });
    const root = play.world.player("root").api;
    const path = play.path();
    // Our own App's token in a stranger's hand: everything is ours but the record.
    const { github } = play.world;
    const branch = `countersign/request/${crypto.randomUUID()}`;
    const main = await root.rest.git.getRef({ ...access, ref: "heads/main" });
    await root.rest.git.createRef({ ...access, ref: `refs/heads/${branch}`, sha: main.data.object.sha });
    const text = await git(github.repository(accessRepo).dir, "show", `${request.head}:${request.path}`);
    await root.rest.repos.createOrUpdateFileContents({
      ...access,
      path,
      branch,
      message: "x",
      content: Buffer.from(`${text}\n`).toString("base64"),
    });
    const app = await asInstallation(play.world);
    const { data } = await app.rest.pulls.create({ ...access, title: "x", head: branch, base: "main" });
    await play.settle();
    await play.review("bob", data);
    expect(await play.merged(data)).toBe(false);
    expect((await play.check(data.head.sha)).conclusion).toBe("failure");
    await close(request);
  });

  test("C06 closed without a webhook, it is not open any more after the sweep", async () => {
    const mine = await job();
    const request = await asked({ reason: "Closed unseen" }, mine);
    await play.unseen(async () => {
      await play.world
        .player("root")
        .api.rest.pulls.update({ ...access, pull_number: request.number, state: "closed" });
    });
    expect(await play.exchange(await tokenOf(mine), { request: request.path })).not.toBe("authorization_pending");
    await play.world.player("root").api.rest.pulls.update({ ...access, pull_number: request.number, state: "open" });
    await play.settle();
    await play.review("bob", request);
    expect(await play.merged(request)).toBe(true);
  });
});

describe("GitHub at its worst", () => {
  const endings = ["/git/trees", "/git/commits", "/git/refs", "/pulls"];

  test.each(endings)("C58 a lost answer of POST %s: one branch, one commit, one pull request", async (ending) => {
    const mine = await job();
    let lost = 0;
    const shown: unknown[] = [];
    const undo = play.world.github.intercept({
      before: ({ method, path, body }) => {
        if (method === "POST" && path.endsWith("access/check-runs")) shown.push(body);
        return undefined;
      },
      after: ({ method, path }) =>
        method === "POST" && path.endsWith(`access${ending}`) && lost++ === 0 ? "drop" : undefined,
    });
    const before = await pulls();
    const answer = await ask(mine, { reason: `A lost answer of ${ending}` });
    expect(lost).toBeGreaterThan(0);
    await opened(answer);
    // Whoever saw the pull request before we knew it as ours has looked again by then.
    play.world.clock.skip(2);
    const request = await opened(answer);
    undo();
    expect(await pulls()).toBe(before + 1);
    const said = shown.filter((run) => (run as { head_sha?: string }).head_sha === request.head);
    expect(said.map((run) => (run as { conclusion?: string }).conclusion)).toEqual(["action_required"]);
    expect((await play.check(request.head)).conclusion).toBe("action_required");
    await play.review("bob", request);
    expect(await play.merged(request)).toBe(true);
  });

  test("a branch of that name that cannot be made fails for good, and is told", async () => {
    const mine = await job();
    const undo = play.world.github.intercept({
      before: ({ method, path }) =>
        method === "POST" && path.endsWith("access/git/refs")
          ? Response.json({ message: "Reference update failed" }, { status: 422 })
          : undefined,
    });
    expect(await ask(mine, { reason: "No branch for this" })).toMatchObject({
      status: 403,
      code: "request_not_opened",
    });
    undo();
    expect(await ask(mine, { reason: "No branch for this" })).toMatchObject({
      status: 403,
      code: "request_not_opened",
    });
    await opened(await ask(mine, { reason: "A branch for that" }));
  });
});

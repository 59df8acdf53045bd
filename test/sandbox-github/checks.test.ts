import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ACCESS, ask, put, type Sandbox, sandbox, status } from "./support.ts";

let s: Sandbox;
beforeEach(async () => {
  s = await sandbox();
});
afterEach(() => s.close());

const note = (n: number) => ({
  path: "requests/req.yml",
  start_line: n + 1,
  end_line: n + 1,
  annotation_level: "failure" as const,
  message: `m${n}`,
});

test("a check run belongs to the App that made it; people and other Apps cannot touch it", async () => {
  const { head } = await ask(s);
  const app = await s.app();
  const run = { ...ACCESS, name: "countersign", head_sha: head.sha, external_id: "1" };
  expect(await status(s.as("bob").rest.checks.create(run))).toBe(403);
  const made = (await app.rest.checks.create({ ...run, status: "in_progress" })).data;
  expect(made.pull_requests).toMatchObject([{ number: 1 }]);
  const update = { ...ACCESS, check_run_id: made.id, conclusion: "success" as const };
  expect(await status((await s.app("broker")).rest.checks.update(update))).toBe(403);
  expect(await status(s.as("root").rest.checks.update(update))).toBe(403);
  expect((await app.rest.checks.update(update)).data).toMatchObject({ status: "completed", conclusion: "success" });
  expect(await status(app.rest.checks.create({ ...run, head_sha: "1".repeat(40) }))).toBe(422);
});

test("annotations: fifty a call, added by every update; a summary ends at 65535", async () => {
  const { head } = await ask(s);
  const app = await s.app();
  const output = (n: number) => ({
    title: "t",
    summary: "s",
    annotations: Array.from({ length: n }, (_, i) => note(i)),
  });
  const base = { ...ACCESS, name: "countersign", head_sha: head.sha, conclusion: "failure" as const };
  expect(await status(app.rest.checks.create({ ...base, output: output(51) }))).toBe(422);
  expect(await status(app.rest.checks.create({ ...base, output: { title: "t", summary: "x".repeat(65_536) } }))).toBe(
    422,
  );
  const made = (await app.rest.checks.create({ ...base, output: output(50) })).data;
  const more = { ...ACCESS, check_run_id: made.id, output: output(10) };
  expect((await app.rest.checks.update(more)).data.output.annotations_count).toBe(60);
  const listed = await app.paginate(app.rest.checks.listAnnotations, { ...ACCESS, check_run_id: made.id });
  expect(listed).toHaveLength(60);
});

test("buttons and re-requests go to the owning App; lists show the latest of a name", async () => {
  const { head } = await ask(s);
  const app = await s.app();
  const actions = [{ label: "Revoke", identifier: "revoke", description: "End it now" }];
  const base = { ...ACCESS, name: "countersign", head_sha: head.sha, conclusion: "neutral" as const };
  await app.rest.checks.create(base);
  const made = (await app.rest.checks.create({ ...base, actions })).data;
  const found = (await app.rest.checks.listForRef({ ...ACCESS, ref: head.sha })).data;
  expect(found.check_runs.map((r) => r.id)).toEqual([made.id]);
  s.gh.change.pressAction("acme/access", made.id, "revoke", "bob");
  await s.as("bob").rest.checks.rerequestRun({ ...ACCESS, check_run_id: made.id });
  expect(await status(s.as("carol").rest.checks.rerequestRun({ ...ACCESS, check_run_id: made.id }))).toBe(403);
  await s.gh.settled();
  const told = s.hooks.filter((h) => h.headers["x-github-event"] === "check_run").map((h) => h.payload["action"]);
  expect(told.map(String).toSorted((a, b) => a.localeCompare(b))).toEqual([
    "completed",
    "completed",
    "created",
    "created",
    "requested_action",
    "rerequested",
  ]);
});

const dispatch = (login: string, inputs: Record<string, string>, more = {}) =>
  s.as(login).request("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", {
    ...ACCESS,
    workflow_id: "delete.yml",
    ref: "main",
    inputs,
    ...more,
  });

test("a dispatch checks ref, trigger and inputs, and names its run when asked", async () => {
  expect(await status(dispatch("carol", { bucket: "b" }))).toBe(403);
  expect(await status(dispatch("alice", {}))).toBe(422);
  expect(await status(dispatch("alice", { bucket: "b", other: "x" }))).toBe(422);
  expect(await status(dispatch("alice", { bucket: "b", mode: "wild" }))).toBe(422);
  expect(await status(dispatch("alice", { bucket: "b" }, { ref: "gone" }))).toBe(422);
  expect(await status(dispatch("alice", { bucket: "b" }, { workflow_id: "gone.yml" }))).toBe(404);
  expect(await status(dispatch("alice", { bucket: "b" }))).toBe(204);
  const queued: number[] = [];
  s.gh.runs.onQueued((r) => queued.push(r.id));
  const made = await (await s.app()).request("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", {
    ...ACCESS,
    workflow_id: "delete.yml",
    ref: "refs/heads/main",
    inputs: { bucket: "b" },
    return_run_details: true,
  });
  const id = (made.data as unknown as { workflow_run_id: number }).workflow_run_id;
  expect(queued).toEqual([id]);
  const run = (await s.as("bob").rest.actions.getWorkflowRun({ ...ACCESS, run_id: id })).data;
  expect(run).toMatchObject({
    status: "queued",
    event: "workflow_dispatch",
    run_attempt: 1,
    path: ".github/workflows/delete.yml",
  });
  expect(run.actor?.login).toBe("countersign[bot]");
  const list = await s.as("bob").rest.actions.listWorkflowRuns({
    ...ACCESS,
    workflow_id: "delete.yml",
    actor: "countersign[bot]",
    created: ">=2026-11-23T10:00:00Z",
  });
  expect(list.data.workflow_runs.map((r) => r.id)).toEqual([id]);
});

test("a re-run keeps the actor and names who pressed; a cancelled run is over", async () => {
  await dispatch("alice", { bucket: "b" });
  const id = s.gh.runs.open()[0]?.id ?? 0;
  const again = (login: string) => s.as(login).rest.actions.reRunWorkflow({ ...ACCESS, run_id: id });
  expect(await status(again("bob"))).toBe(403);
  s.gh.runs.start(id);
  s.gh.completeRun(id, "success");
  expect(await status(again("carol"))).toBe(403);
  await again("bob");
  const run = (await s.as("bob").rest.actions.getWorkflowRun({ ...ACCESS, run_id: id })).data;
  expect([run.run_attempt, run.actor?.login, run.triggering_actor?.login]).toEqual([2, "alice", "bob"]);
  const first = await s.as("bob").rest.actions.getWorkflowRunAttempt({ ...ACCESS, run_id: id, attempt_number: 1 });
  expect(first.data.conclusion).toBe("success");
  await s.as("bob").rest.actions.cancelWorkflowRun({ ...ACCESS, run_id: id });
  expect(s.gh.runs.open()).toEqual([]);
  expect(await status(s.as("bob").rest.actions.cancelWorkflowRun({ ...ACCESS, run_id: id }))).toBe(409);
  s.clock.now = new Date("2026-12-24T10:00:00Z");
  expect(await status(again("bob"))).toBe(403);
});

test("a job's token has GitHub's claims, by the runner's way and by ours", async () => {
  await dispatch("alice", { bucket: "b" });
  const run = s.gh.runs.open()[0];
  if (!run) throw new Error("no run");
  const env = s.gh.runs.requestTokenFor(run.id, "production");
  const get = (bearer: string) =>
    fetch(`${env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=${encodeURIComponent("https://countersign.test")}`, {
      headers: { authorization: `bearer ${bearer}` },
    });
  expect((await get("wrong")).status).toBe(401);
  const { value } = (await (await get(env.ACTIONS_ID_TOKEN_REQUEST_TOKEN)).json()) as { value: string };
  const keys = createRemoteJWKSet(new URL(`${s.gh.issuer}/.well-known/jwks`));
  const verify = (t: string, audience: string) =>
    jwtVerify(t, keys, { issuer: s.gh.issuer, audience, currentDate: s.clock.now });
  const { payload } = await verify(value, "https://countersign.test");
  const { id, ownerId } = s.gh.repository("acme/access");
  expect(payload).toMatchObject({
    sub: `repo:acme@${ownerId}/access@${id}:environment:production`,
    repository_id: String(id),
    repository_owner_id: String(ownerId),
    run_id: String(run.id),
    run_attempt: "1",
    actor_id: String(s.gh.users["alice"]?.id),
    workflow_ref: "acme/access/.github/workflows/delete.yml@refs/heads/main",
    environment: "production",
    runner_environment: "github-hosted",
  });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
  const forged = await fetch(s.gh.jobTokenUrl, {
    method: "POST",
    body: JSON.stringify({ ref: "refs/heads/x", environment: null }),
  });
  const other = await verify(((await forged.json()) as { value: string }).value, "https://github.com/acme");
  expect(other.payload["ref"]).toBe("refs/heads/x");
  expect("environment" in other.payload).toBe(false);
  expect(other.payload.jti).not.toBe(payload.jti);
  await put(s.as("alice"), "main", "x", "x");
});

import { setTimeout as delay } from "node:timers/promises";
import type { UpdateObject } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../src/base/canonical-json.ts";
import type { Database } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";
import { sha } from "../recorder/world.ts";
import { hex, now, publicUrl } from "./fixtures.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { ask, codeOf, insertGrant, startWorld, states, type World } from "./world.ts";

const pullRequest = "https://github.example/acme/access/pull/7";

describeStores("a pending request", (open) => {
  let issuer: Issuer;
  let world: World;
  beforeEach(async () => {
    issuer = await startIssuer();
    world = await startWorld((await open()).db, issuer);
    await wait();
  });
  afterEach(() => issuer.close());

  /** Makes of the world's grant what it was before the merge. */
  async function wait(over: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const g = await world.db.selectFrom("grant").selectAll().executeTakeFirstOrThrow();
    await world.db.deleteFrom("grant").execute();
    await world.db
      .insertInto("pending_request")
      .values({
        repository_id: g.repository_id,
        pull_request: g.pull_request,
        path: g.path,
        head_sha: sha(8),
        policy_digest: g.policy_digest,
        requester_id: g.requester_id,
        requester_login: g.requester_login,
        target: g.target,
        role: g.role,
        plan: g.plan,
        plan_hash: g.plan_hash,
        workflow_repository_id: g.workflow_repository_id,
        awaited: JSON.stringify(["@acme/security", "@bob"]),
        ...over,
      })
      .execute();
  }
  const change = (values: UpdateObject<Database, "pending_request">) =>
    world.db.updateTable("pending_request").set(values).execute();

  test("tells the job that it binds to wait, where and for whom, in RFC 8628's words", async () => {
    const answer = await ask(world, {}, { audience: "acme/access/aws-prod", role: "operator" });
    expect(answer).toEqual({
      status: 400,
      headers: { "Cache-Control": "no-store", Pragma: "no-cache" },
      body: {
        error: "authorization_pending",
        error_description: expect.stringMatching(/^The request for this job is not approved yet\. /) as string,
        error_uri: `${publicUrl}/errors#authorization_pending`,
        correlation_id: expect.any(String) as string,
        interval: 10,
        pull_request: pullRequest,
        awaited: ["@acme/security", "@bob"],
      },
    });
  });

  test("is never a grant: nothing is minted, counted, taken or recorded, however often the job comes", async () => {
    for (let i = 0; i < 3; i++) expect(codeOf(await ask(world))).toBe("authorization_pending");
    expect(world.cloud.minted).toBe(0);
    expect(await states(world.db)).toEqual([]);
    for (const table of ["seen_token", "grant_use", "refusal", "grant"] as const)
      expect(await world.db.selectFrom(table).selectAll().execute()).toEqual([]);
    expect(world.github.entries().map((e) => e.type)).toEqual(["genesis"]);
    expect(world.github.tips).toBe(0);
  });

  const stranger = async () => {
    const { status, headers, body } = await ask(world, { repository_id: "75" });
    return JSON.stringify({ status, headers, body: { ...body, correlation_id: "" } });
  };
  const reusable = `acme/pipelines/.github/workflows/x.yml@${hex("c")}`;

  test.each<[string, Record<string, unknown>, Record<string, string>?]>([
    ["another owner", { repository_owner_id: "66" }],
    ["another workflow file", { workflow_ref: "acme/infra/.github/workflows/other.yml@refs/heads/main" }],
    ["the workflow from another ref", { workflow_ref: "acme/infra/.github/workflows/delete.yml@refs/heads/x" }],
    ["another ref", { ref: "refs/heads/x" }],
    ["inside a reusable workflow", { job_workflow_ref: reusable, job_workflow_sha: hex("c") }],
    ["another environment", { environment: "staging" }],
    ["no environment", { environment: undefined }],
    ["C39 an event that cannot be listed", { event_name: "pull_request_target" }],
    ["C43 a self-hosted runner", { runner_environment: "self-hosted" }],
    ["another actor", { actor_id: "12" }],
    ["another target", {}, { audience: "aws-dev" }],
    ["another access repo", {}, { audience: "acme/other/aws-prod" }],
    ["another request", {}, { request: "requests/aws-prod/x.yml" }],
    ["another role", {}, { role: "admin" }],
  ])("C44 says nothing to a job of %s: the answer is a stranger's", async (_, over, params) => {
    const { status, headers, body } = await ask(world, over, params);
    expect(JSON.stringify({ status, headers, body: { ...body, correlation_id: "" } })).toBe(await stranger());
  });

  test("C44 says nothing to a run of another commit than it names", async () => {
    const { plan } = await world.db.selectFrom("pending_request").select("plan").executeTakeFirstOrThrow();
    const named = plan.replace('"sha":null', `"sha":"${hex("f")}"`);
    await change({ plan: named, plan_hash: sha256(named) });
    expect(codeOf(await ask(world))).toBe("access_denied");
    expect(codeOf(await ask(world, { sha: hex("f") }))).toBe("authorization_pending");
  });

  test("C42 C44 says nothing to a re-run by somebody else, and waits for one of the requester's own", async () => {
    world.github.triggering = { id: 12 as never, login: "mallory", kind: "user" };
    expect(codeOf(await ask(world, { run_attempt: "2" }))).toBe("access_denied");
    world.github.triggering = { id: 11 as never, login: "alice", kind: "user" };
    expect(codeOf(await ask(world, { run_attempt: "2" }))).toBe("authorization_pending");
  });

  test("C44 a denied re-run is answered at whole seconds, whether GitHub had to be asked or not", async () => {
    const exchange = world.restart({ pause: delay });
    await exchange.refreshIndex();
    const timed = async (over: Record<string, unknown>) => {
      const from = performance.now();
      expect(codeOf(await ask({ exchange, issuer }, { run_attempt: "2", ...over }))).toBe("access_denied");
      return performance.now() - from;
    };
    world.github.triggering = { id: 12 as never, login: "mallory", kind: "user" };
    for (const ms of await Promise.all([timed({}), timed({ repository_id: "75" })]))
      expect(ms).toBeGreaterThanOrEqual(999);
  });

  test("is silent under another policy, in policy quarantine, while issuing is stopped, and while frozen", async () => {
    await change({ policy_digest: `sha256:${"2".repeat(64)}` });
    expect(codeOf(await ask(world))).toBe("access_denied");
    await change({ policy_digest: world.github.digest() });
    const enrolment = (values: object) => world.db.updateTable("enrolment").set(values).execute();
    await enrolment({ quarantined_digest: `sha256:${"c".repeat(64)}` });
    expect(codeOf(await ask(world))).toBe("access_denied");
    await enrolment({ quarantined_digest: null, state: "stopped" });
    expect(codeOf(await ask(world))).toBe("access_denied");
    await enrolment({ state: "active" });
    for (const entry of [
      { kind: "all" },
      { kind: "target", target: "aws-prod" },
      { kind: "requester", login: "ALICE" },
    ] as const) {
      world.config.frozen = [entry];
      expect(codeOf(await ask(world))).toBe("access_denied");
    }
    world.config.frozen = [{ kind: "requester", login: "bob" }];
    expect(codeOf(await ask(world))).toBe("authorization_pending");
  });

  test("gives way to its grant, and to what became of it", async () => {
    await insertGrant(world.db, world.github);
    expect(codeOf(await ask(world))).toBe("released");
    await world.db.updateTable("grant").set({ state: "revoked", ended_at: now }).execute();
    expect(codeOf(await ask(world))).toBe("grant_revoked");
  });

  test("gives way to the quarantine of its file", async () => {
    const { path, repository_id } = await world.db.selectFrom("pending_request").selectAll().executeTakeFirstOrThrow();
    await world.db
      .insertInto("quarantined_request")
      .values({ repository_id, path, commit_sha: sha(9), blob: hex("b"), code: "no_decision", at: now })
      .execute();
    expect(codeOf(await ask(world))).toBe("access_denied");
  });

  test("is told rather than why an older grant of the same job does not do", async () => {
    const name = "requests/aws-prod/2026-10/older.yml";
    await insertGrant(world.db, world.github, { name });
    await world.db.updateTable("grant").set({ state: "expired", ended_at: now }).execute();
    expect(codeOf(await ask(world))).toBe("authorization_pending");
    expect(codeOf(await ask(world, {}, { request: name }))).toBe("grant_expired");
  });

  test("of several the newest of one access repo is told", async () => {
    const row = await world.db.selectFrom("pending_request").selectAll().executeTakeFirstOrThrow();
    const again = { ...row, pull_request: 12, path: "requests/aws-prod/again.yml", awaited: "[]" };
    await world.db.insertInto("pending_request").values(again).execute();
    expect((await ask(world)).body).toMatchObject({ pull_request: pullRequest.replace("/7", "/12"), awaited: [] });
  });

  test("has a line in the log for each job that is told to wait, with ids alone", async () => {
    await ask(world, {}, { audience: "aws-prod" });
    expect(world.log.at(-1)).toMatchObject({
      code: "authorization_pending",
      repository_id: 74,
      run_id: 900,
      detail: { access_repository_id: 100, pull_request: 7 },
    });
    expect(JSON.stringify(world.log)).not.toMatch(/alice|security|eyJ/);
  });

  test("of another repository costs a stranger's token no signature, and one that comes is known within a second", async () => {
    await world.exchange.refreshIndex();
    await world.db.deleteFrom("pending_request").execute();
    const other = world.restart();
    expect(codeOf(await ask({ issuer, exchange: other }))).toBe("access_denied");
    expect(issuer.hits()).toBe(0);
  });
});

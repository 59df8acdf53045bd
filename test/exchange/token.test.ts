import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../src/base/canonical-json.ts";
import { codes } from "../../src/exchange/index.ts";
import { RetryLater } from "../../src/base/errors.ts";
import { CloudError } from "../../src/cloud/index.ts";
import { useStore } from "../helpers/stores.ts";
import { sha } from "../recorder/world.ts";
import { hex, now, publicUrl, seconds } from "./fixtures.ts";
import { forged, type Issuer, startIssuer } from "./issuer.ts";
import { ask, codeOf, form, insertGrant, startWorld, states, targetText, type World } from "./world.ts";

const open = useStore();
let issuer: Issuer;
let world: World;
beforeEach(async () => {
  issuer = await startIssuer();
  world = await startWorld((await open()).db, issuer);
});
afterEach(() => issuer.close());

test("a job of an approved request gets credentials, and the ledger has it first", async () => {
  const answer = await ask(world, {}, { audience: "aws-prod" });
  expect(answer).toMatchObject({
    status: 200,
    headers: { "Cache-Control": "no-store" },
    body: {
      access_token: "secret-1",
      token_type: "N_A",
      expires_in: 900,
      kind: "aws",
      grant: world.grant,
      region: "eu-west-1",
    },
  });
  const issued = world.github.entries().at(-1);
  expect(issued).toMatchObject({
    type: "issued",
    grant: world.grant,
    job: { run_id: 900, repository_id: 74, actor_id: 11 },
  });
  expect(JSON.stringify(world.github.entries())).not.toContain("secret");
  expect(JSON.stringify(world.log)).not.toMatch(/secret|eyJ/);
  expect(await states(world.db)).toEqual(["released"]);
});

test("C37 a token is accepted once; the same attempt may come again with a new one, another run may not", async () => {
  const token = await issuer.token();
  const meta = { correlationId: "c", remote: "r" };
  expect((await world.exchange.token(form(token), meta)).status).toBe(200);
  expect(codeOf(await world.exchange.token(form(token), meta))).toBe("token_replayed");
  expect(codeOf(await ask(world))).toBe("released");
  expect(codeOf(await ask(world, { run_id: "901" }))).toBe("runs_exhausted");
  expect(codeOf(await ask(world, { run_attempt: "2" }))).toBe("runs_exhausted");
});

test("a grant of a kind that this server has no broker for is refused before a use is counted", async () => {
  const other = world.restart({ brokers: new Map() });
  const answer = await other.token(form(await issuer.token()), { correlationId: "c", remote: "r" });
  expect(answer.status).toBe(403);
  expect(codeOf(answer)).toBe("kind_not_supported");
  expect(await world.db.selectFrom("grant_use").selectAll().execute()).toEqual([]);
  expect(await states(world.db)).toEqual([]);
  expect(codeOf(await ask(world))).toBe("released");
});

test("C44 strangers get one constant answer, whatever is wrong, and cost no database or GitHub", async () => {
  const strangers = [
    ask(world, { repository_id: "75" }),
    ask(world, { repository_id: "76", environment: "x" }),
    ask(world, { workflow_ref: "acme/infra/.github/workflows/other.yml@refs/heads/main" }),
    world.exchange.token(form(await forged.otherKey({ ...(await claimsOf()) })), { correlationId: "c", remote: "r" }),
  ];
  const answers = await Promise.all(strangers);
  const shapes = answers.map(({ status, headers, body }) =>
    JSON.stringify({ status, headers, body: { ...body, correlation_id: "" } }),
  );
  expect(new Set(shapes).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: 403, body: { error: "access_denied" } });
  expect(world.github.tips).toBe(0);
});
const claimsOf = async (): Promise<Record<string, unknown>> => {
  const [, body = ""] = (await issuer.token()).split(".");
  return JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
};

test("C44 no refusal of a well-formed token comes before the floor, a stranger's or not", async () => {
  const exchange = world.restart({ pause: delay });
  await exchange.refreshIndex();
  for (const over of [{ repository_id: "75" }, { workflow_ref: "x" }, { environment: "staging" }]) {
    const started = performance.now();
    expect((await ask({ exchange, issuer }, over)).status).toBe(403);
    expect(performance.now() - started).toBeGreaterThanOrEqual(49);
  }
});

test("C44 a key that we do not hold costs whoever names it a second, also where the repository is unknown", async () => {
  const exchange = world.restart({ pause: delay });
  await ask({ exchange, issuer });
  const timed = async (over: Record<string, unknown>) => {
    const token = await issuer.token(over, { kid: "nobody's" });
    const started = performance.now();
    expect(codeOf(await exchange.token(form(token), { correlationId: "c", remote: "r" }))).toBe("access_denied");
    return performance.now() - started;
  };
  for (const ms of await Promise.all([timed({}), timed({ repository_id: "75" })]))
    expect(ms).toBeGreaterThanOrEqual(999);
  expect(issuer.hits()).toBe(1);
});

test.each<[string, Record<string, unknown>, string]>([
  ["the environment", { environment: "staging" }, "environment_mismatch"],
  ["the event", { event_name: "pull_request_target" }, "event_not_allowed"],
  ["the actor", { actor_id: "12" }, "actor_mismatch"],
  ["the ref", { ref: "refs/heads/x" }, "ref_mismatch"],
])("a job of exactly the repository and file is told about %s", async (_, over, code) => {
  const answer = await ask(world, over);
  expect(answer).toMatchObject({ status: 403, body: { error: code, error_uri: `${publicUrl}/errors#${code}` } });
  expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
});

test("every code's text is printable ASCII and says what to do", () => {
  const odd = Object.entries(codes).filter(
    ([, { sentence, cure, status, retryAfter }]) =>
      !/^[A-Za-z][\x20-\x21\x23-\x5b\x5d-\x7e]+\.$/.test(`${sentence} ${cure}`) ||
      (status === 503 || status === 429) !== (retryAfter !== undefined),
  );
  expect(odd).toEqual([]);
});

test("a grant that ended within the day says so; an older one is a stranger's", async () => {
  const end = (hours: number) =>
    world.db
      .updateTable("grant")
      .set({ state: "revoked", ended_at: new Date(now.getTime() - hours * 3_600_000) })
      .execute();
  await end(1);
  expect(codeOf(await ask(world))).toBe("grant_revoked");
  await end(25);
  await world.exchange.refreshIndex();
  expect(codeOf(await ask(world))).toBe("access_denied");
});

test("C57 a changed workflow file, and C42 a re-run by somebody else", async () => {
  world.github.triggering = { id: 12 as never, login: "mallory", kind: "user" };
  expect(codeOf(await ask(world, { run_attempt: "2" }))).toBe("actor_mismatch");
  world.github.triggering = { id: 11 as never, login: "alice", kind: "user" };
  world.github.workflowBlob = hex("d") as never;
  expect(codeOf(await ask(world, { run_attempt: "2", workflow_sha: hex("e") }))).toBe("workflow_changed");
  world.github.workflowBlob = hex("b") as never;
  expect(codeOf(await ask(world, { run_attempt: "2" }))).toBe("released");
  expect(world.github.blobs).toBe(2);
});

test("C56 a target that changed after the grant ends it and never alters it", async () => {
  world.github.setPolicy(targetText().replace("countersign-operator", "admin"));
  world.github.head = sha(10);
  await world.db
    .updateTable("enrolment")
    .set({ accepted_digest: world.github.digest(), head_sha: sha(10) })
    .execute();
  expect(codeOf(await ask(world))).toBe("policy_changed");
  expect(world.cloud.minted).toBe(0);
});

test("a policy change that yields the same plan ends nothing", async () => {
  world.github.setPolicy(`${targetText()}    approvals: 2\n`);
  world.github.head = sha(10);
  await world.db
    .updateTable("enrolment")
    .set({ accepted_digest: world.github.digest(), head_sha: sha(10) })
    .execute();
  expect(codeOf(await ask(world))).toBe("released");
});

test("C53 nothing is issued in policy quarantine, while stopped, or before enrolment", async () => {
  await world.db
    .updateTable("enrolment")
    .set({ quarantined_digest: `sha256:${"c".repeat(64)}` })
    .execute();
  expect(codeOf(await ask(world))).toBe("policy_quarantined");
  await world.db.updateTable("enrolment").set({ quarantined_digest: null, state: "stopped" }).execute();
  expect(codeOf(await ask(world))).toBe("issuing_stopped");
  await world.db.updateTable("enrolment").set({ state: "pending" }).execute();
  expect(codeOf(await ask(world))).toBe("not_ready");
  expect(world.cloud.minted).toBe(0);
});

test("a policy at the head that is not the accepted one is never used", async () => {
  world.github.setPolicy(targetText("    approvals: 3\n"));
  expect(codeOf(await ask(world))).toBe("not_ready");
});

test("C50 two grants that fit are ambiguous, and the request's path decides", async () => {
  await insertGrant(world.db, world.github, { name: "requests/aws-prod/other.yml" });
  expect(codeOf(await ask(world))).toBe("ambiguous");
  expect(await ask(world, {}, { request: world.github.request.path })).toMatchObject({ body: { grant: world.grant } });
  expect(codeOf(await ask(world, {}, { audience: "aws-dev" }))).toBe("invalid_target");
});

test.each([
  ["all", "[all]"],
  ["its target", "['target:aws-prod']"],
])("a freeze of %s in the settings", async (_, frozen) => {
  world.github.setPolicy(targetText(), frozen.includes("target") ? "[{ target: aws-prod }]" : frozen);
  await world.db.updateTable("enrolment").set({ accepted_digest: world.github.digest() }).execute();
  expect(codeOf(await ask(world))).toBe("frozen");
});

test.each(["alice", "ALICE"])("a freeze of the requester %s, and of an approver", async (login) => {
  world.config.frozen = [{ kind: "requester", login }];
  expect(codeOf(await ask(world))).toBe("frozen");
  world.config.frozen = [{ kind: "approver", login: "Bob" }];
  expect(codeOf(await ask(world))).toBe("frozen");
  world.config.frozen = [{ kind: "approver", login: "carol" }];
  expect(codeOf(await ask(world))).toBe("released");
});

test("C65 no exchange while our clock is more than 30 s from GitHub's, or while GitHub has not told", async () => {
  for (const skew of [31, -31, null]) {
    world.github.skew = skew;
    expect(await ask(world)).toMatchObject({
      status: 503,
      headers: { "Retry-After": "3" },
      body: { error: "not_ready" },
    });
  }
  world.github.skew = 30;
  expect(codeOf(await ask(world))).toBe("released");
});

test("a head that is new is judged first; where it is not, the job is told to come again", async () => {
  world.github.head = sha(10);
  const answer = ask(world);
  setTimeout(
    () =>
      void world.db
        .updateTable("enrolment")
        .set({ head_sha: sha(10) })
        .execute(),
    300,
  );
  expect(codeOf(await answer)).toBe("released");
  expect(world.enqueued).toEqual(["access-repo:100"]);
  world.github.head = sha(11);
  expect(codeOf(await ask(world))).toBe("not_ready");
});

test("a dispatched grant is the bound run's alone", async () => {
  const dispatch = randomUUID();
  const base = { repository_id: 100, workflow_repository_id: 74, workflow_repository: "acme/infra", created_at: now };
  await world.db
    .insertInto("dispatch")
    .values({
      ...base,
      id: dispatch,
      file: "f",
      ref: "r",
      inputs: "{}",
      state: "sent",
      sent_at: now,
      run_id: null,
      reason: null,
      attempts: 1,
    })
    .execute();
  await world.db.updateTable("grant").set({ dispatch_id: dispatch }).execute();
  const bot = { actor_id: "99" };
  expect(await ask(world, bot)).toMatchObject({ status: 503, headers: { "Retry-After": "3" } });
  await world.db.updateTable("dispatch").set({ state: "bound", run_id: 900 }).execute();
  expect(codeOf(await ask(world))).toBe("actor_mismatch");
  expect(codeOf(await ask(world, { ...bot, run_id: "901" }))).toBe("run_not_bound");
  expect(codeOf(await ask(world, bot))).toBe("released");

  // A server that just started asks GitHub who it is, for nobody but a job that this is the only question about.
  const { github } = world;
  github.known = false;
  expect(codeOf(await ask(world, { ...bot, environment: "staging" }))).toBe("environment_mismatch");
  expect(github.identified).toBe(0);
  const { self } = github;
  github.self = null;
  expect(codeOf(await ask(world, bot))).toBe("temporarily_unavailable");
  github.self = self;
  expect(codeOf(await ask(world, bot))).toBe("released");
  github.known = false;
  expect(codeOf(await ask(world))).toBe("actor_mismatch");
  expect(github.identified).toBe(3);
});

test("without room in GitHub's write budget nothing is minted", async () => {
  world.github.wait = 17;
  expect(await ask(world)).toMatchObject({
    status: 503,
    headers: { "Retry-After": "17" },
    body: { error: "temporarily_unavailable" },
  });
  expect(await states(world.db)).toEqual([]);
});

test("C45 C46 whatever cannot be read is no success", async () => {
  const broken = async (): Promise<never> => {
    throw new RetryLater("github_rate_limited", "secret upstream text", { after: 42 });
  };
  for (const method of ["tip", "blobAt", "files", "policyAt"] as const) {
    const github = Object.assign(Object.create(world.github) as typeof world.github, { [method]: broken });
    const policies = (await import("../../src/exchange/index.ts")).createPolicies(github);
    const liveHead = (await import("../../src/exchange/index.ts")).createLiveHead(github);
    const answer = await ask({ issuer, exchange: world.restart({ github, policies, liveHead }) });
    expect({ method, ...answer }).toMatchObject({ method, status: 503, headers: { "Retry-After": "42" } });
    expect(JSON.stringify(answer)).not.toContain("upstream");
  }
  for (const table of ["seen_token", "exchange", "ledger_entry", "grant", "enrolment"] as const) {
    const db = world.db.withPlugin({
      transformQuery: ({ node }) => {
        if (new RegExp(`\\b${table}\\b`).test(JSON.stringify(node))) throw new Error("connection lost");
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const { status } = await ask({ issuer, exchange: world.restart({ db }) });
    expect({ table, status }).toEqual({ table, status: 503 });
  }
  expect(await states(world.db)).not.toContain("released");
});

test("C44 a cloud that refuses: our cure reaches the job, the cloud's text nobody", async () => {
  world.cloud.mintAs = async () => {
    throw new CloudError("cloud_denied", "The trust policy must name us.", { cause: new Error("arn:aws:secret") });
  };
  expect(await ask(world)).toMatchObject({
    status: 403,
    body: { error: "cloud_refused", error_description: "The trust policy must name us." },
  });
  world.cloud.mintAs = async () => {
    throw new Error("arn:aws:secret");
  };
  const answer = await ask(world);
  expect(answer.status).toBe(503);
  expect(JSON.stringify([answer, world.log])).not.toContain("arn:aws:secret");
  expect(await states(world.db)).toEqual(["dropped", "dropped"]);
});

test("C66 refusals of one repository are counted, and become one entry per code", async () => {
  for (let i = 0; i < 30; i++) await ask(world, { environment: "staging" });
  await ask(world, { repository_id: "75" });
  world.time.now = new Date(now.getTime() + 600_000);
  await world.exchange.sweep();
  await world.recorder.flushDue();
  world.time.now = new Date(now.getTime() + 1_200_000);
  await world.recorder.flushDue();
  expect(world.github.entries().filter((e) => e.type === "refused")).toMatchObject([
    { code: "environment_mismatch", count: 30, repository_id: 74 },
  ]);
});

test("C66 a flood of refusals of one repository slows it down, and nobody else", async () => {
  // What comes at once is looked at at once; what comes after that finds it counted.
  const flood = (length: number) => Promise.all(Array.from({ length }, () => ask(world, { environment: "staging" })));
  const answers = [...(await flood(200)), ...(await flood(60))];
  const codes = Map.groupBy(answers, codeOf);
  expect(new Set(codes.keys())).toEqual(new Set(["environment_mismatch", "slow_down"]));
  expect(codes.get("environment_mismatch")?.length).toBeGreaterThanOrEqual(200);
  expect(codes.get("slow_down")?.[0]).toMatchObject({
    status: 429,
    headers: { "Retry-After": expect.stringMatching(/^[1-9][0-9]*$/) as string, "Cache-Control": "no-store" },
    body: { error: "slow_down" },
  });
  // A job of another repository gets what its grant gives.
  const { plan } = await world.db.selectFrom("grant").select("plan").executeTakeFirstOrThrow();
  const other = plan.replace('"repository_id":74', '"repository_id":76');
  await world.db
    .updateTable("grant")
    .set({ workflow_repository_id: 76, plan: other, plan_hash: sha256(other) })
    .execute();
  await world.exchange.refreshIndex();
  expect(codeOf(await ask(world, { repository_id: "76" }))).toBe("released");
});

test("C44 C66 forged tokens that name a repository do not shut it out, and meet the limit that any stranger meets", async () => {
  const forgery = async (over: Record<string, unknown>) =>
    world.exchange.token(form(await forged.otherKey({ ...(await claimsOf()), ...over })), {
      correlationId: "c",
      remote: "r",
    });
  const flood = async (over: Record<string, unknown>) => {
    const answers = await Promise.all(Array.from({ length: 230 }, () => forgery(over)));
    return Map.groupBy(answers, codeOf);
  };
  const [known, unknown] = [await flood({}), await flood({ repository_id: "75" })];
  for (const codes of [known, unknown]) {
    expect(new Set(codes.keys())).toEqual(new Set(["access_denied", "slow_down"]));
    expect(codes.get("access_denied")?.length).toBeGreaterThanOrEqual(200);
  }
  const shape = ({ status, body }: { status: number; body: object }) =>
    JSON.stringify({ status, body: { ...body, correlation_id: "" } });
  expect(shape(known.get("slow_down")?.[0] as never)).toBe(shape(unknown.get("slow_down")?.[0] as never));
  expect(codeOf(await ask(world))).toBe("released");
});

test("the sweep forgets tokens that nobody accepts any more, and no others", async () => {
  await ask(world);
  await world.exchange.sweep();
  expect(await world.db.selectFrom("seen_token").select("jti").execute()).toHaveLength(1);
  world.time.now = new Date((seconds(now) + 291 + 300) * 1000);
  await world.exchange.sweep();
  expect(await world.db.selectFrom("seen_token").select("jti").execute()).toEqual([]);
});

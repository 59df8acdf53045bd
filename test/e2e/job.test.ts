import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { targetRepo, workflowPath } from "../sandbox/seed.ts";
import { type Ask, infra, Play } from "./play.ts";

let play: Play;
/** Granted to jobs of alice; used once, so that its one run is known. */
let granted: Ask;
beforeAll(async () => {
  play = await Play.start();
  granted = await play.grant();
  expect(await play.use(granted)).toBe("released");
});
afterAll(() => play.end());
const bot = () => ({ actor: "countersign[bot]", actor_id: String(play.world.github.app.botId) });
const idOf = (login: string) => String(play.world.github.users[login]?.id);
const from = (ref: string) => ({ ref, workflow_ref: `${targetRepo}/${workflowPath}@${ref}` });
const caller = (ref: string) => ({ ...from(ref), job_workflow_ref: `${targetRepo}/${workflowPath}@${ref}` });
/** alice presses "Run workflow" on GitHub's page. */
async function runByHand(bucket: string): Promise<number> {
  const { rest } = play.world.player("alice").api;
  await rest.actions.createWorkflowDispatch({
    ...infra,
    workflow_id: "delete-bucket.yml",
    ref: "main",
    inputs: { bucket },
  });
  return play.world.github.runs.all().at(-1)?.id ?? 0;
}

test.each<[string, () => Record<string, unknown>, string]>([
  ["C36: GitHub's default audience", () => ({ aud: "https://github.com/acme" }), "token_audience"],
  ["C36: a cloud's audience", () => ({ aud: "sts.amazonaws.com" }), "token_audience"],
  ["C36: our audience beside a cloud's", () => ({ aud: [play.world.app.url, "sts.amazonaws.com"] }), "token_audience"],
  ["C36: our audience as a list of one", () => ({ aud: [play.world.app.url] }), "token_audience"],
  ["C36: our audience with a slash more", () => ({ aud: `${play.world.app.url}/` }), "token_audience"],
  ["C36: no audience", () => ({ aud: null }), "token_audience"],
  ["C34: the issuer of github.com", () => ({ iss: "https://token.actions.githubusercontent.com" }), "token_issuer"],
  ["C34: our issuer with an enterprise's slug", () => ({ iss: `${play.world.github.issuer}/acme` }), "token_issuer"],
  ["C39: pull_request_target", () => ({ event_name: "pull_request_target" }), "event_not_allowed"],
  ["C39: issue_comment", () => ({ event_name: "issue_comment" }), "event_not_allowed"],
  ["C39: workflow_run", () => ({ event_name: "workflow_run" }), "event_not_allowed"],
  ["another environment", () => ({ environment: "staging" }), "environment_mismatch"],
  ["no environment", () => ({ environment: null }), "environment_mismatch"],
  ["another branch", () => caller("refs/heads/evil"), "ref_mismatch"],
  ["a tag called main", () => caller("refs/tags/main"), "ref_mismatch"],
  [
    "C40: a reusable workflow called by the approved one",
    () => ({ job_workflow_ref: `acme/pipelines/.github/workflows/x.yml@${"a".repeat(40)}` }),
    "reusable_mismatch",
  ],
  [
    "C40: the approved workflow called by another",
    () => ({ workflow_ref: `${targetRepo}/.github/workflows/evil.yml@refs/heads/main` }),
    "access_denied",
  ],
  ["C43: a self-hosted runner", () => ({ runner_environment: "self-hosted" }), "runner_not_allowed"],
  ["C57: a run that somebody else started", () => ({ actor: "bob", actor_id: idOf("bob") }), "actor_mismatch"],
  ["C57: a run that our own bot started, of a request without dispatch", bot, "actor_mismatch"],
  [
    "C57: another run of alice, after the one that the request allows",
    () => ({ run_id: "19799999990" }),
    "runs_exhausted",
  ],
  ["C57: a re-run of the run that was used", () => ({ run_attempt: "2" }), "runs_exhausted"],
  [
    "C41: another repository of the owner",
    () => ({ repository_id: String(play.world.github.repository("acme/website").id) }),
    "access_denied",
  ],
  ["C07: a repository of the same name and another owner", () => ({ repository_owner_id: "1" }), "access_denied"],
])("a token of %s is refused", async (_, claims, code) => {
  expect(await play.use(granted, claims())).toBe(code);
});

test("C38: sub is never read, whatever its form", async () => {
  const { id, ownerId } = play.world.github.repository(targetRepo);
  for (const sub of [
    "repo:evil/x:ref:refs/heads/main",
    "repo:acme/infra:environment:production",
    `repo:acme@${ownerId}/infra@${id}:environment:production`,
    "repository_owner:acme:job_workflow_ref:x%3Ay",
    "",
    null,
  ]) {
    expect(await play.use(granted, { sub })).toBe("released");
    expect(await play.use(granted, { sub, environment: "staging" })).toBe("environment_mismatch");
  }
});

test("C34: a token of a foreign issuer is refused without asking that issuer anything", async () => {
  const asked: string[] = [];
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...(await exportJWK(publicKey)), kid: "evil", alg: "RS256", use: "sig" };
  const server = createServer((req, res) => {
    asked.push(req.url ?? "");
    res.end(JSON.stringify({ issuer: iss, jwks_uri: `${iss}/jwks`, keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const iss = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const claims = JSON.parse(Buffer.from((await play.token()).split(".")[1] ?? "", "base64url").toString());
  const sign = (more: object, header: object = {}) =>
    new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: "RS256", kid: "evil", ...header }).sign(privateKey);
  try {
    expect(await play.exchange(await sign({ iss }))).toBe("token_issuer");
    // It names the right issuer and brings its own keys: the signature is not GitHub's.
    expect(await play.exchange(await sign({}, { jku: `${iss}/jwks`, jwk }))).toBe("access_denied");
    expect(asked).toEqual([]);
  } finally {
    server.close();
  }
});

test("C42: a run that waited uses a new token; one from before the start gets nothing", async () => {
  const start = new Date(play.world.clock.now().getTime() + 600_000);
  const slot = await play.grant({ more: `start: ${start.toISOString().slice(0, 19)}Z\n` });
  expect(await play.use(slot)).toBe("grant_not_started");
  const early = await play.token();
  play.world.clock.skip(600);
  expect(await play.exchange(early, { request: slot.path })).not.toBe("released");
  const iat = Math.floor(start.getTime() / 1000) - 2;
  expect(await play.use(slot, { iat, exp: iat + 600 })).toBe("issued_before_grant");
  expect(await play.use(slot)).toBe("released");
});

test("C57: of several allowed attempts, a re-run by somebody else gets nothing", async () => {
  const several = await play.grant({ more: "runs: 2\n" });
  const run = await runByHand("acme-stale-logs");
  const { github } = play.world;
  const rerun = async (login: string) => {
    github.completeRun(run, "failure");
    await play.world.player(login).api.rest.actions.reRunWorkflow({ ...infra, run_id: run });
  };
  const attempt = (n: number) => play.use(several, { run_id: String(run), run_attempt: String(n) });
  expect(await attempt(1)).toBe("released");
  await rerun("bob");
  // actor_id is still alice's: only GitHub's record of the attempt tells who pressed the button.
  expect(await attempt(2)).toBe("actor_mismatch");
  await rerun("alice");
  expect(await attempt(3)).toBe("released");
  await rerun("alice");
  expect(await attempt(4)).toBe("runs_exhausted");
  expect(await attempt(9)).toBe("runs_exhausted");
  github.completeRun(run, "success");
});

test("C57: of a dispatched grant only the bound run gets anything", async () => {
  const dispatched = await play.grant({ dispatch: true });
  const run = play.world.github.runs.open().at(-1);
  expect(await play.use(dispatched)).toBe("actor_mismatch");
  expect(await play.use(dispatched, bot())).toBe("run_not_bound");
  expect(await play.use(dispatched, { ...bot(), event_name: "push" })).toBe("event_not_allowed");
  expect(await play.use(dispatched, { ...bot(), run_id: String(run?.id), run_attempt: "2" })).toBe("actor_mismatch");
  expect(await play.use(dispatched, { ...bot(), run_id: String(run?.id) })).toBe("released");
});

test("C57: a manual run that races the dispatched one, with other inputs, is neither bound nor cancelled", async () => {
  let manual = 0;
  let lost = 0;
  const undo = play.world.github.intercept({
    before: async ({ method, path, body }) => {
      const ours = (body as { return_run_details?: boolean } | undefined)?.return_run_details === true;
      if (method === "POST" && path.endsWith("/dispatches") && ours && manual === 0) {
        manual = -1;
        manual = await runByHand("acme-live-logs");
      }
      return undefined;
    },
    // The first answer is lost, so that the app has to look among the runs which one is its own.
    after: ({ method, path }) =>
      method === "POST" && path.endsWith("/dispatches") && manual > 0 && lost++ === 0 ? "drop" : undefined,
  });
  const ask = await play.ask({ dispatch: true });
  await play.review("bob", ask);
  play.world.clock.skip(5);
  await play.settle();
  undo();
  expect(lost).toBeGreaterThan(0);
  const run = play.world.github.runs.all().find((r) => r.id === manual);
  expect(run?.attempts.at(-1)?.status).toBe("queued");
  expect(await play.use(ask, { run_id: String(manual) })).toBe("actor_mismatch");
  const bound = play.world.github.runs
    .open()
    .findLast((r) => r.actor.login === "countersign[bot]" && r.inputs.bucket === "acme-stale-logs");
  expect(await play.use(ask, { ...bot(), run_id: String(bound?.id) })).toBe("released");
});

test("C50: two grants that fit one job are ambiguous until the job names the request", async () => {
  const [one, two] = [await play.grant({ bucket: "acme-one" }), await play.grant({ bucket: "acme-two" })];
  const run_id = "19700000001";
  expect(await play.exchange(await play.token({ run_id }))).toBe("ambiguous");
  expect(await play.exchange(await play.token({ run_id }), { role: "operator" })).toBe("ambiguous");
  expect(await play.exchange(await play.token({ run_id }), { audience: "acme/access/aws-prod" })).toBe("ambiguous");
  expect(await play.exchange(await play.token({ run_id }), { audience: "evil/access/aws-prod" })).toBe(
    "invalid_target",
  );
  expect(await play.exchange(await play.token({ run_id }), { request: play.path() })).toBe("invalid_target");
  for (const { path } of [one, two])
    expect(await play.exchange(await play.token({ run_id }), { request: path })).toBe("released");
});

test("C37: a token is accepted once, and not for another request either", async () => {
  const [one, two] = [await play.grant(), await play.grant()];
  const token = await play.token();
  expect(await play.exchange(token, { request: one.path })).toBe("released");
  expect(await play.exchange(token, { request: one.path })).toBe("token_replayed");
  expect(await play.exchange(token, { request: two.path })).toBe("token_replayed");
});

test("C57: a workflow that changed after the approval gets nothing, until it is as it was", async () => {
  const { rest } = play.world.player("root").api;
  const old = await rest.repos.getContent({ ...infra, path: workflowPath });
  if (!("content" in old.data)) throw new Error("no file");
  const text = Buffer.from(old.data.content, "base64").toString();
  const put = async (content: string, sha: string) => {
    const file = { ...infra, path: workflowPath, message: "x", sha, content: Buffer.from(content).toString("base64") };
    return (await rest.repos.createOrUpdateFileContents(file)).data.content?.sha ?? "";
  };
  const evil = await put(`${text}# one more line\n`, old.data.sha);
  expect(await play.use(granted)).toBe("workflow_changed");
  await put(text, evil);
  expect(await play.use(granted)).toBe("released");
});

test("C42: after the end nothing is issued, to no attempt", async () => {
  const last = await play.grant();
  expect(await play.use(last)).toBe("released");
  play.world.clock.skip(3601);
  expect(await play.use(last)).toBe("grant_expired");
  await play.settle();
  expect(await play.use(last)).toBe("grant_expired");
  expect((await play.ledger()).filter((e) => e.type === "issued" && e.path === last.path)).toHaveLength(1);
});

test("C48: a transferred access repo issues nothing, also where its new owner installs the App", async () => {
  const last = await play.grant();
  play.world.github.change.transferRepository("acme/access", "mallory");
  expect(await play.use(last)).not.toBe("released");
  play.world.github.change.install("mallory/access");
  play.world.clock.skip(61);
  await play.settle();
  expect(await play.use(last)).not.toBe("released");
});

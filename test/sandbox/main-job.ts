import path from "node:path";
import { verifyClone } from "../../src/audit/index.ts";
import { executeRun } from "./jobs.ts";
import { git } from "./players.ts";
import { accessRepo, otherRepo, owner, request, requestPath, targetRepo } from "./seed.ts";
import { must, type Story } from "./story.ts";
import type { World } from "./world.ts";

const branch = "delete-stale-logs";
const [, accessName] = accessRepo.split("/") as [string, string];
const access = { owner, repo: accessName };

/** The check run that is shown on a head now, once nothing is under way. */
export async function checkOf(world: World, head: string) {
  await world.github.settled();
  await world.app.idle();
  const { data } = await world
    .player("alice")
    .api.rest.checks.listForRef({ ...access, ref: head, check_name: "countersign" });
  const run = data.check_runs.toSorted((a, b) => Number(b.id) - Number(a.id))[0];
  if (!run) throw new Error(`no check run on ${head}`);
  const annotations = await world
    .player("alice")
    .api.rest.checks.listAnnotations({ ...access, check_run_id: Number(run.id) });
  return {
    title: run.output.title ?? "",
    summary: run.output.summary ?? "",
    conclusion: run.conclusion,
    annotations: annotations.data,
  };
}

/** `POST /token` as a job's Action does it. */
export async function exchange(world: World, token: string, extra: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(`${world.app.url}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      audience: "aws-prod",
      ...extra,
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** The whole way of one request, each step asserted. @throws StepFailed */
export async function theMainJob(story: Story, world: World): Promise<void> {
  const { github } = world;
  const alice = world.player("alice");
  const approve = (login: string, number: number) =>
    world.player(login).api.rest.pulls.createReview({ ...access, pull_number: number, event: "APPROVE" });
  const audience = world.app.url;

  const number = await story.step(
    "alice asks, with a mistake",
    "What is wrong is said at its line, before anybody is asked to look.",
    async () => {
      const head = await alice.push(
        branch,
        { [requestPath]: request(true) },
        { from: "origin/main", message: "Ask for the deletion" },
      );
      const { data } = await alice.api.rest.pulls.create({
        ...access,
        title: "delete logs",
        head: branch,
        base: "main",
      });
      const check = await checkOf(world, head);
      must(check.conclusion === "failure", `the check says ${check.conclusion}`);
      const typo = check.annotations.find((a) => a.start_line === 7);
      must(typo?.message?.includes("duration"), "no annotation at line 7");
      return {
        value: data.number,
        detail: check.annotations
          .map((a) => `${a.path}:${a.start_line}:${a.start_column} ${a.title} ${a.message}`)
          .join("\n"),
      };
    },
  );

  const head = await story.step(
    "alice pushes the fix",
    "The check shows exactly what would be issued, and who must approve it.",
    async () => {
      const sha = await alice.push(branch, { [requestPath]: request() }, { message: "Mend the typo" });
      const check = await checkOf(world, sha);
      must(check.conclusion === "action_required", `the check says ${check.conclusion}: ${check.title}`);
      must(
        check.summary.includes("s3:DeleteBucket") && check.summary.includes("cloud-owners"),
        "plan or owners are missing",
      );
      const { data } = await alice.api.rest.pulls.get({ ...access, pull_number: number });
      return { value: sha, detail: `title: ${data.title}\ncheck: ${check.title}` };
    },
  );

  await story.step("alice's own approval is refused", "Nobody approves what they ask for.", async () => {
    const refused = await approve("alice", number).then(
      () => null,
      (error: { status: number; message: string }) => error,
    );
    must(refused?.status === 422, "GitHub let alice approve her own pull request");
    const check = await checkOf(world, head);
    must(check.conclusion === "action_required", `the check says ${check.conclusion}`);
    return { value: null, detail: `GitHub: ${refused.message.split("\n")[0]}` };
  });

  await story.step(
    "mallory's approval is refused",
    "Only the code owners of this path count, whoever else may push here.",
    async () => {
      await approve("mallory", number);
      const check = await checkOf(world, head);
      must(check.conclusion === "action_required", `the check says ${check.conclusion}`);
      const line = check.summary.split("\n").find((l) => l.includes("mallory approved"));
      must(line, "the check does not say why mallory's approval does not count");
      return { value: null, detail: line.trim() };
    },
  );

  const run = await story.step(
    "bob approves",
    "The app merges exactly what bob saw; the merge is the grant; it starts the approved run.",
    async () => {
      await approve("bob", number);
      await world.github.settled();
      await world.app.idle();
      const { data } = await alice.api.rest.pulls.get({ ...access, pull_number: number });
      must(data.merged, "the pull request is not merged");
      const [started, ...more] = github.runs.open();
      must(started && more.length === 0, `${github.runs.open().length} runs were started`);
      must(started.inputs.bucket === "acme-stale-logs", "the run has other inputs than approved");
      must(started.actor.login === "countersign[bot]", `the run was started by ${started.actor.login}`);
      return {
        value: started,
        detail: `merged as ${data.merge_commit_sha?.slice(0, 10)}; run ${started.id} of ${targetRepo} with bucket=${started.inputs.bucket}`,
      };
    },
  );

  await story.step(
    "the job uses what was granted",
    "No cloud secret anywhere: the job trades its OIDC token for credentials of this one action.",
    async () => {
      const result = await executeRun(
        { github, appUrl: world.app.url, awsUrl: world.aws.url, dir: path.join(world.dir, "jobs") },
        run,
      );
      must(result.conclusion === "success", `the job failed:\n${result.log}`);
      must(!world.aws.buckets.has("acme-stale-logs"), "the bucket is still there");
      must(world.aws.buckets.has("acme-live-logs"), "the neighbour was deleted");
      const calls = world.aws.log
        .filter((c) => c.action === "s3:DeleteBucket")
        .map((c) => `${c.resource} ${c.allowed ? "allowed" : `denied (${c.error})`}`);
      must(calls.length === 2, `AWS saw ${calls.length} calls`);
      return { value: null, detail: calls.join("\n") };
    },
  );

  const refusal = (name: string, why: string, code: string, token: () => Promise<string>) =>
    story.step(`${name}: refused`, why, async () => {
      const answer = await exchange(world, await token());
      must(answer.status >= 400 && answer.body.access_token === undefined, `answered ${answer.status}`);
      must(answer.body.error === code, `the reason is ${String(answer.body.error)}, not ${code}`);
      return { value: null, detail: `${String(answer.body.error)}: ${String(answer.body.error_description)}` };
    });

  const used = await github.jobToken({ aud: audience, run_id: String(run.id) });
  // The run attempt may exchange while its grant lasts, each time with a new token; one token never twice.
  await story.step("the same run, a new token", "A long job renews; each token counts once.", async () => {
    const answer = await exchange(world, used);
    must(answer.status === 200, `answered ${answer.status}: ${String(answer.body.error_description)}`);
    return { value: null, detail: `expires in ${String(answer.body.expires_in)} s` };
  });
  await refusal(
    "the same token again",
    "Who copies a token out of a log gets nothing.",
    "token_replayed",
    async () => used,
  );
  await refusal(
    "a job of another repository",
    "Strangers learn nothing, not even that a grant exists.",
    "access_denied",
    async () => {
      const other = github.repository(otherRepo);
      return github.jobToken({
        aud: audience,
        repository: otherRepo,
        repository_id: String(other.id),
        workflow_ref: `${otherRepo}/.github/workflows/delete-bucket.yml@refs/heads/main`,
        job_workflow_ref: `${otherRepo}/.github/workflows/delete-bucket.yml@refs/heads/main`,
      });
    },
  );
  await refusal("a re-run", "What was approved was one run, not a right to repeat it.", "runs_exhausted", async () => {
    await world.player("alice").api.rest.actions.reRunWorkflow({ owner, repo: "infra", run_id: run.id });
    return github.jobToken({ aud: audience, run_id: String(run.id), run_attempt: "2" });
  });
  await refusal("a job after the end", "Nothing outlives its grant.", "grant_expired", async () => {
    world.clock.skip(3600 + 60);
    return github.jobToken({ aud: audience, run_id: String(run.id), run_attempt: "1" });
  });

  await story.step(
    "an auditor reads git",
    "Who asked, who approved, why, what ran, what was issued: in git, signed, without us.",
    async () => {
      await world.app.flush();
      const clone = path.join(world.dir, "auditor");
      await git(world.dir, "clone", "-q", github.repository(accessRepo).cloneUrl, clone);
      const main = await git(clone, "log", "-1", "--format=%an: %s%n%(trailers:only)", "origin/main");
      for (const trailer of [
        "Requested-by: alice",
        "Approved-by: bob",
        "Ticket: OPS-1423",
        `Request: ${requestPath}`,
      ]) {
        must(main.includes(trailer), `git log has no ${trailer}:\n${main}`);
      }
      const ledger = await git(clone, "log", "--reverse", "--format=%h %s", "origin/countersign-ledger");
      const entries = await git(
        clone,
        "grep",
        "-hoE",
        '"type":"(genesis|granted|dispatched|issued|refused|expired)"',
        "origin/countersign-ledger",
      );
      for (const type of ["genesis", "granted", "dispatched", "issued"])
        must(entries.includes(`"${type}"`), `the ledger has no ${type}`);
      const audit = await verifyClone(clone, { keys: [world.app.ledgerPublicKey] });
      must(audit.ok, `the ledger does not verify: ${JSON.stringify(audit.problems)}`);
      return {
        value: null,
        detail: `${main}\n\n${ledger}\n\n${audit.batches} batches verified, signature by signature`,
      };
    },
  );
}

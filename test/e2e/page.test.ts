import { afterAll, beforeAll, expect, test } from "vitest";
import { seed, target } from "../sandbox/seed.ts";
import { access, type Ask, Play } from "./play.ts";

// What people read of a request from its first page to its end, as GitHub has it.

let play: Play;
const roles = target.slice(target.indexOf("  operator:"));
const pair = roles.replace("operator:", "pair:").replace("    max_duration", "    approvals: 2\n    max_duration");
beforeAll(async () => {
  play = await Play.start({
    seed: {
      ...seed,
      repositories: seed.repositories.map((r) =>
        r.name === "access" ? { ...r, files: { ...r.files, "targets/aws-prod.yml": target + pair } } : r,
      ),
    },
  });
});
afterAll(() => play.end());

const comments = async ({ number }: Pick<Ask, "number">): Promise<readonly string[]> => {
  const { data } = await play.world.player("alice").api.rest.issues.listComments({ ...access, issue_number: number });
  return data.map((comment) => comment.body ?? "");
};
/** Past what holds a second write back, and past the sweep that looks at everything again. */
const aMinute = async (minutes = 1): Promise<void> => {
  play.world.clock.skip(61 * minutes);
  await play.settle();
};
/** What the app wrote to pull requests, issues and checks while `work` ran. */
async function writes(work: () => Promise<void>): Promise<readonly string[]> {
  const { requests } = play.world.github;
  const from = requests.length;
  await work();
  return requests
    .slice(from)
    .map(({ method, path }) => `${method} ${path}`)
    .filter((line) => /^(POST|PATCH|PUT|DELETE) .*\/(check-runs|pulls|issues)/.test(line));
}

test("one approver: the page says it all, the past among it, and a life that goes well has no comment", async () => {
  const first = await play.ask();
  const page = await play.check(first.head);
  expect(page.title).toBe("Valid. Needs 1 more: @acme/cloud-owners");
  const [who, where, when, why, runBy, undone] = page.summary.split("\n\n");
  expect(who).toBe("alice asks for role operator of target aws-prod: s3:DeleteBucket on arn:aws:s3:::acme-stale-logs.");
  expect(where).toContain("It acts in AWS account 123456789012, region eu-west-1, as arn:aws:iam::");
  expect(when).toBe("It lasts 1h from the merge, for one run attempt.");
  expect(why).toBe("The reason given: A reason that says why this has to be done \\(OPS-1\\).");
  expect(runBy).toContain("It is run by workflow .github/workflows/delete-bucket.yml of acme/infra at refs/heads/main");
  expect(undone).toBe("Cannot be undone by Countersign: what s3:DeleteBucket deletes stays gone.");
  expect(page.summary).toContain("First grant of this role.");

  await play.review("bob", first);
  expect(await play.use(first)).toBe("released");
  await aMinute(61);
  expect(await comments(first)).toEqual([]);

  const second = await play.ask({ bucket: "acme-old-logs" });
  const { summary } = await play.check(second.head);
  expect(summary).toContain(
    `Different from the last grant of this role \\(${first.path}, pull request ${first.number}, to alice on `,
  );
  expect(summary).toContain(
    "- Adds resource arn:aws:s3:::acme-old-logs.\n- No longer asks for resource arn:aws:s3:::acme-stale-logs.",
  );
  // The same state reads the same: what is granted meanwhile is no reason to write, nor is looking again.
  await play.grant({ bucket: "acme-more-logs" });
  expect(await writes(() => aMinute())).toEqual([]);
  expect((await play.check(second.head)).summary).toBe(summary);
});

test("two approvers: one comment, kept up in place from who is awaited to why a job was refused, with the way to ask again", async () => {
  const ask = await play.ask({ role: "pair" });
  expect((await comments(ask)).map((text) => text.split("\n")[0])).toEqual([
    "2 of 2 approvals are missing: `@acme/cloud-owners`.",
  ]);
  await aMinute();
  await play.review("bob", ask);
  await aMinute();
  expect((await comments(ask)).map((text) => text.split("\n")[0])).toEqual([
    "1 of 2 approvals are missing: `@acme/cloud-owners`.",
  ]);
  await play.review("carol", ask);
  expect(await play.merged(ask)).toBe(true);
  await aMinute();
  expect(await comments(ask)).toEqual([
    expect.stringMatching(
      /^\*\*aws-prod\/pair\*\* for `requests\/aws-prod\/[^`]*`: granted from .* until .*\n\n- Not used yet\./,
    ),
  ]);

  const answer = await play.exchange(await play.token({ environment: "staging" }), { request: ask.path });
  expect(answer).toBe("environment_mismatch");
  await aMinute(2);
  const [said = "", ...more] = await comments(ask);
  expect(more).toEqual([]);
  expect(said).toContain("The job's environment is not the one in the request.");
  expect(said).toMatch(/Correlation id `[0-9a-f-]{36}`/);
  expect(said).toMatch(
    /\[Ask again\]\(http[^)]*\/acme\/access\/new\/main\?filename=requests%2Faws-prod%2F2026-11%2Freq-\d+\.yml&value=version/,
  );
});

test("a draft is planned in silence: nobody is asked and nothing is said until it is ready", async () => {
  const draft = await play.ask({ role: "pair", draft: true });
  expect((await play.check(draft.head)).title).toMatch(/^Draft, valid\. Needs 2 more: /);
  const asked = async () => {
    const { data } = await play.world.player("alice").api.rest.pulls.get({ ...access, pull_number: draft.number });
    return [...(data.requested_reviewers ?? []), ...(data.requested_teams ?? [])].map((one) => one.html_url);
  };
  expect(await comments(draft)).toEqual([]);
  expect(await asked()).toEqual([]);
  await play.ready(draft);
  expect(await comments(draft)).toHaveLength(1);
  expect(await asked()).toEqual([expect.stringContaining("cloud-owners")]);
});

test("a policy pull request names the live grants that it ends and the open requests that it changes", async () => {
  const live = await play.grant({ bucket: "acme-live" });
  const open = await play.ask({ bucket: "acme-open" });
  const narrower = target.replace('"s3:ListBucket", "s3:DeleteBucket"', '"s3:ListBucket"') + pair;
  const policy = await play.ask({ files: { "targets/aws-prod.yml": narrower } });
  const { summary } = await play.check(policy.head);
  expect(summary).toContain("### What this ends\nIt ends ");
  expect(summary).toContain(`- ${live.path} \\(aws-prod/operator, alice, until `);
  expect(summary).toContain(`- \\#${open.number} ${open.path} \\(alice\\)`);
});

test("C31: Re-evaluate and a re-run of the check look at everything again, and do nothing else", async () => {
  const { github } = play.world;
  const ask = await play.ask();
  const page = await play.check(ask.head);
  const { data } = await play.world.player("bob").api.rest.checks.listForRef({ ...access, ref: ask.head });
  const check_run_id = Number(data.check_runs[0]?.id);
  // The decision is what the live state says: an approval whose webhook was lost is found by either.
  const ways = [
    async () => github.change.pressAction("acme/access", check_run_id, "re-evaluate", "bob"),
    async () => void (await play.world.player("bob").api.rest.checks.rerequestRun({ ...access, check_run_id })),
  ];
  for (const way of ways) {
    const done = await writes(async () => {
      await way();
      await play.settle();
    });
    expect(done.filter((line) => !line.endsWith("/rerequest"))).toEqual([]);
    expect(await play.check(ask.head)).toEqual(page);
  }
  github.setWebhookUrl(null);
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(false);
  github.setWebhookUrl(`${play.world.app.url}/api/github/webhooks`);
  await ways[0]?.();
  await play.settle();
  expect(await play.merged(ask)).toBe(true);
});

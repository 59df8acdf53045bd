import { afterAll, beforeAll, expect, test } from "vitest";
import { git } from "../sandbox/players.ts";
import { accessRepo, seed, target } from "../sandbox/seed.ts";
import { access, type Ask, Play } from "./play.ts";

// auto_approve and break_glass, from the pull request to the credentials and to the review after it. Alice is of both teams.

let play: Play;
const role = target.slice(target.indexOf("  operator:"));
const another = (name: string, more: string): string => `${role.replace("operator:", `${name}:`)}    ${more}\n`;
const routine = another(
  "routine",
  'auto_approve: { requesters: ["@acme/sre"], max_duration: 1h, actions: ["s3:DeleteBucket"], per_day: 2 }',
);
beforeAll(async () => {
  play = await Play.start({
    seed: {
      ...seed,
      orgs: seed.orgs.map((org) => ({ ...org, teams: { ...org.teams, sre: ["alice"], incident: ["alice"] } })),
      repositories: seed.repositories.map((repo) =>
        repo.name === "access"
          ? {
              ...repo,
              files: {
                ...repo.files,
                "targets/aws-prod.yml": `${target}    break_glass: true\n${routine}`,
                ".github/countersign.yml":
                  'version: 1\nbreak_glass: { members: ["@acme/incident"], max_duration: 1h, review_within: 72h }\n',
              },
            }
          : repo,
      ),
    },
  });
});
afterAll(() => play.end());
const granted = async (ask: Ask) => (await play.ledger()).find((e) => e.type === "granted" && e.path === ask.path);
const message = (): Promise<string> =>
  git(play.world.github.repository(accessRepo).dir, "log", "-1", "--format=%B", "main");

test("auto_approve: merged and granted without a human, recorded as that rule, until the day's number is used up", async () => {
  const ask = await play.ask({ role: "routine" });
  expect(await play.merged(ask)).toBe(true);
  expect(await message()).toMatch(/^Rule: auto_approve$/m);
  expect(await message()).not.toContain("Approved-by");
  expect(await granted(ask)).toMatchObject({ rule: "auto_approve", approved_by: [], requested_by: { login: "alice" } });

  // Two more at the same moment, for one that is left: each is decided before the other is granted, and somebody merges both.
  const [second, third] = await play.unmergeable(async () => {
    const both = [await play.ask({ role: "routine" }), await play.ask({ role: "routine" })] as const;
    await play.unseen(async () => {
      for (const one of both) await play.mergeByHand(one);
    });
    return both;
  });
  expect(await granted(second)).toMatchObject({ rule: "auto_approve" });
  expect(await granted(third)).toBeUndefined();
  expect(await play.quarantined(third.path)).toBe("decision_differs");

  const fourth = await play.ask({ role: "routine" });
  expect(await play.merged(fourth)).toBe(false);
  const { title, summary } = await play.check(fourth.head);
  expect(title).toBe("Valid. Needs 1 more: @acme/cloud-owners");
  expect(summary).toContain("Not approved automatically, since aws-prod/routine is approved automatically 2 times");
  await play.review("bob", fourth);
  expect(await granted(fourth)).toMatchObject({ rule: "owners", approved_by: [{ login: "bob" }] });
  // A day later the first two are forgotten.
  play.world.clock.skip(86_400);
  const nextDay = await play.ask({ role: "routine" });
  expect(await granted(nextDay)).toMatchObject({ rule: "auto_approve" });
});

test("C25 auto_approve: who leaves the team between merge and grant leaves no grant behind", async () => {
  const { github } = play.world;
  const undo = github.intercept({
    after: ({ method, path, status }) => {
      if (method === "PUT" && path.endsWith("/merge") && status === 200)
        github.change.removeTeamMember("acme", "sre", "alice");
      return undefined;
    },
  });
  try {
    const ask = await play.ask({ role: "routine" });
    expect(await play.merged(ask)).toBe(true);
    expect(await play.quarantined(ask.path)).toBe("decision_differs");
    expect(await play.use(ask)).not.toBe("released");
  } finally {
    undo();
    github.change.setTeamMember("acme", "sre", "alice");
  }
});

test("C54 auto_approve: a stranger's push under the requester's name leaves it to the owners", async () => {
  const ask = await play.ask({ role: "routine", draft: true });
  const head = await play.amend(ask, "alice", "mallory");
  await play.ready(ask);
  expect(await play.merged(ask)).toBe(false);
  expect((await play.check(head)).summary).toContain("mallory pushed to this branch too");
});

const emergency = (by = "alice"): Promise<Ask> =>
  play.ask({ more: "break_glass: INC-2041 @acme/sre checkout is down\n", by });

test("break_glass: granted at once to who may, and owed a review that only another owner's own words end", async () => {
  const denied = await emergency("bob");
  expect((await play.check(denied.head)).summary).toContain("bob may not use break-glass, which is for @acme/incident");

  // GitHub opens the issue and its answer is lost: it is found again, and there is one.
  let lost = 1;
  const undo = play.world.github.intercept({
    after: ({ method, path }) => (method === "POST" && path.endsWith("/issues") && lost-- > 0 ? "drop" : undefined),
  });
  const ask = await emergency();
  play.world.clock.skip(60);
  await play.settle();
  undo();
  expect(lost).toBe(0);
  expect(await play.merged(ask)).toBe(true);
  expect(await message()).toMatch(/^Rule: break_glass$/m);
  expect(await play.use(ask)).toBe("released");
  const entry = (await play.ledger()).find((e) => e.type === "break_glass");
  expect(entry).toMatchObject({
    path: ask.path,
    requested_by: { login: "alice" },
    skipped: ["@acme/cloud-owners"],
    why: "INC-2041 @acme/sre checkout is down",
  });

  const bob = play.world.player("bob").api.rest.issues;
  const issues = (await bob.listForRepo({ ...access, state: "all" })).data.filter((one) => !one.pull_request);
  const found = issues.filter((one) => !one.title.includes("never grant")); // of the tests before
  expect(found).toHaveLength(1);
  const [issue = expect.fail("no issue")] = found;
  expect(issue.title).toBe("Review of break-glass: aws-prod/operator by alice");
  expect(issue.body).toContain("@acme/cloud-owners: alice was given this without your approval");
  expect(issue.body).not.toContain("@acme/sre"); // text of the requester mentions nobody
  const at = { ...access, issue_number: issue.number };
  const say = async (login: string, body = "/countersign reviewed"): Promise<number> => {
    const { data } = await play.world.player(login).api.rest.issues.createComment({ ...at, body });
    await play.settle();
    return data.id;
  };
  const state = async (): Promise<string> => (await bob.get(at)).data.state;
  const reviewed = async () => (await play.ledger()).filter((e) => e.type === "reviewed");

  await say("alice");
  await say("mallory");
  const answers = (await bob.listComments(at)).data.map((one) => one.body ?? "");
  expect(answers.join("\n")).toContain("alice, that does not count as a review: who asked for the access");
  expect(answers.join("\n")).toMatch(/mallory, that does not count as a review: .* is owned by/);
  // Somebody with write puts words into an owner's mouth.
  const innocent = await say("bob", "I will look at it on Monday");
  await play.world.player("root").api.rest.issues.updateComment({
    ...access,
    comment_id: innocent,
    body: "/countersign reviewed",
  });
  await play.settle();
  // Closing is no review: it is opened again.
  await bob.update({ ...at, state: "closed" });
  play.world.clock.skip(700);
  await play.settle();
  expect(await state()).toBe("open");
  expect(await reviewed()).toEqual([]);

  play.world.clock.skip(72 * 3600);
  const next = await emergency();
  expect(await play.merged(next)).toBe(false);
  expect((await play.check(next.head)).summary).toContain(`not reviewed in time \\(in issue \\#${issue.number}`);

  const comment = await say("bob");
  expect(await state()).toBe("closed");
  expect(await reviewed()).toMatchObject([
    { path: ask.path, issue: issue.number, comment, by: { login: "bob" }, pull_request: ask.number },
  ]);
  expect(await play.merged(next)).toBe(true);
});

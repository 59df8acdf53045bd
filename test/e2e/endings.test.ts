import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClosedEntry } from "../../src/ledger/index.ts";
import { access, type Ask, Play } from "./play.ts";

// How a request ends without a merge, and what GitHub refuses to merge.

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());
const closings = async (ask: Pick<Ask, "number">) => {
  const entries = (await play.ledger()).filter((e): e is ClosedEntry => e.type === "closed");
  return entries.filter((e) => e.pull_request === ask.number).map((e) => `${e.outcome} by ${e.by?.login}`);
};
const setState = async (by: string, ask: Pick<Ask, "number">, state: "open" | "closed") => {
  await play.world.player(by).api.rest.pulls.update({ ...access, pull_number: ask.number, state });
  await play.settle();
};
const comments = async (ask: Pick<Ask, "number">) =>
  (await play.world.player("root").api.rest.issues.listComments({ ...access, issue_number: ask.number })).data;
const state = async (ask: Pick<Ask, "number">) =>
  (await play.world.player("root").api.rest.pulls.get({ ...access, pull_number: ask.number })).data.state;

test("withdrawn by its requester, declined by an owner, closed by anyone else: each once, and again after it was reopened", async () => {
  const [mine, declined, other] = [await play.ask(), await play.ask(), await play.ask()];
  await setState("alice", mine, "closed");
  await setState("bob", declined, "closed");
  await play.unseen(() => setState("mallory", other, "closed"));
  await setState("alice", declined, "open");
  await setState("root", declined, "closed");
  await play.settle();
  expect(await closings(mine)).toEqual(["withdrawn by alice"]);
  expect(await closings(declined)).toEqual(["declined by bob", "closed by root"]);
  expect(await closings(other)).toEqual(["closed by mallory"]);
  const [entry] = (await play.ledger()).filter((e): e is ClosedEntry => e.type === "closed");
  expect(entry).toMatchObject({ paths: [mine.path], requested_by: { login: "alice" } });
});

test("what no plan was shown for ends without an entry: errors, a policy, and what was merged", async () => {
  const wrong = await play.ask({ role: "nobody" });
  const policy = await play.ask({
    files: { ".github/countersign.yml": "version: 1\napprovals: 1\npending_expiry: 9d\n" },
  });
  const granted = await play.grant();
  for (const one of [wrong, policy]) await setState("alice", one, "closed");
  for (const one of [wrong, policy, granted]) expect(await closings(one)).toEqual([]);
});

test("C06: its branch deleted under it, or closed while we merge it: over, nothing posted, told once", async () => {
  const deleted = await play.ask();
  await play.world.player("alice").api.rest.git.deleteRef({ ...access, ref: `heads/${deleted.branch}` });
  await play.settle();
  expect(await closings(deleted)).toEqual(["withdrawn by alice"]);

  const raced = await play.ask();
  const undo = play.world.github.intercept({
    before: async ({ method, path, body }) => {
      if (method !== "PUT" || !path.endsWith("/merge") || (body as { sha?: string }).sha === undefined)
        return undefined;
      undo();
      await play.world.player("bob").api.rest.pulls.update({ ...access, pull_number: raced.number, state: "closed" });
      return undefined; // and GitHub answers as it does for what is closed
    },
  });
  await play.review("bob", raced);
  play.world.clock.skip(61);
  await play.settle();
  expect(await play.merged(raced)).toBe(false);
  expect((await play.check(raced.head)).title).toBe("Approved");
  expect(await closings(raced)).toEqual(["declined by bob"]);
});

test("not approved in time it is closed, a draft and an invalid one too, with a word how to ask again; reopened it goes on", async () => {
  const [waiting, draft, wrong] = [
    await play.ask(),
    await play.ask({ draft: true }),
    await play.ask({ role: "nobody" }),
  ];
  play.world.clock.skip(7 * 86_400 - 600);
  await play.settle();
  for (const one of [waiting, draft, wrong]) expect(await state(one)).toBe("open");
  play.world.clock.skip(700);
  await play.settle();
  for (const one of [waiting, draft, wrong]) expect(await state(one)).toBe("closed");
  const [comment, ...more] = await comments(waiting);
  expect(more).toEqual([]);
  expect(comment?.user?.login).toBe("countersign[bot]");
  expect(comment?.body).toContain("within 7d, so it is closed");
  expect(comment?.body).toContain("reopen it");
  for (const one of [waiting, draft]) expect(await closings(one)).toEqual(["expired by countersign[bot]"]);
  expect(await closings(wrong)).toEqual([]);

  await setState("alice", waiting, "open");
  play.world.clock.skip(120);
  await play.settle();
  expect(await state(waiting)).toBe("open");
  await play.review("bob", waiting);
  expect(await play.merged(waiting)).toBe(true);
  expect(await closings(waiting)).toEqual(["expired by countersign[bot]"]);
});

/** Answers our merge calls as a rule of GitHub's would, while `work` runs. @returns how often it was asked */
async function refusing(status: 405 | 409, message: string, work: () => Promise<void>): Promise<number> {
  let calls = 0;
  const undo = play.world.github.intercept({
    before: ({ method, path, body }) => {
      if (method !== "PUT" || !path.endsWith("/merge") || (body as { sha?: string }).sha === undefined)
        return undefined;
      calls++;
      return Response.json({ message, documentation_url: "https://docs.github.com/rest" }, { status });
    },
  });
  try {
    await work();
    return calls;
  } finally {
    undo();
  }
}

test.each([405, 409] as const)(
  "C28: %i leads to a new reading before each call, at most a minute later; the check says why",
  async (status) => {
    const ask = await play.ask();
    const why = 'Required status check "x" is @acme/all expected.';
    await refusing(status, why, async () => {
      await play.review("bob", ask);
      play.world.clock.skip(2);
      await play.settle();
      const check = await play.check(ask.head);
      expect(check.title).toContain("GitHub refuses the merge");
      expect(check.summary).toContain("is @\u200cacme/all expected.");
      expect(check.summary).not.toContain("documentation_url");
      // Where the branch demands our check, another conclusion would keep GitHub refusing.
      expect(check.conclusion).toBe("success");
      const writes = () =>
        play.world.github.requests.filter((r) => r.method !== "GET" && r.path.includes("/check-runs")).length;
      const before = writes();
      // It stays refused: that is said already.
      for (let i = 0; i < 3; i++) {
        play.world.clock.skip(61);
        await play.settle();
      }
      expect(writes()).toBe(before);
    });
    play.world.clock.skip(61);
    await play.settle();
    expect(await play.merged(ask)).toBe(true);
  },
);

test("C28: an approval that is taken back after GitHub refused is not merged by a later try", async () => {
  const ask = await play.ask();
  await refusing(405, "Base branch was modified. Review and try the merge again.", async () => {
    await play.review("bob", ask);
    await play.review("bob", ask, "REQUEST_CHANGES");
  });
  play.world.clock.skip(61);
  await play.settle();
  expect(await play.merged(ask)).toBe(false);
});

test("C29: a merge queue is refused with an explanation, and its events lead to nothing", async () => {
  const ask = await play.ask();
  const calls = await refusing(
    405,
    "Repository rule violations found\n\nChanges must be made through the merge queue",
    async () => {
      await play.review("bob", ask);
      play.world.clock.skip(2);
      await play.settle();
    },
  );
  expect(calls).toBeGreaterThan(0);
  const check = await play.check(ask.head);
  expect(check.title).toBe("GitHub refuses the merge: merge queue");
  expect(check.summary).toContain("Remove the merge queue from the rules of main");
  const { github, app } = play.world;
  const body = JSON.stringify({
    action: "checks_requested",
    merge_group: {
      head_sha: "a".repeat(40),
      head_ref: "refs/heads/gh-readonly-queue/main/pr-1",
      base_ref: "refs/heads/main",
    },
    repository: { id: github.repository("acme/access").id },
    installation: { id: 1 },
  });
  github.clearRequests();
  const sent = await fetch(`${app.url}/api/github/webhooks`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-GitHub-Event": "merge_group",
      "X-GitHub-Delivery": crypto.randomUUID(),
      "X-Hub-Signature-256": `sha256=${createHmac("sha256", github.app.webhookSecret).update(body).digest("hex")}`,
    },
    body,
  });
  expect(sent.status).toBe(202);
  await app.idle();
  expect(github.requests.filter((r) => r.path.includes("/repos/") || r.path.includes("graphql"))).toEqual([]);
});

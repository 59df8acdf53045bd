import { afterAll, beforeAll, expect, test } from "vitest";
import { git } from "../sandbox/players.ts";
import { access, Play, requestText } from "./play.ts";

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());

test("C30, C32: an admin merges an unapproved pull request: no grant, and the ledger says so", async () => {
  const ask = await play.ask();
  await play.mergeByHand(ask);
  expect(await play.quarantined(ask.path)).toBe("no_decision");
  expect(["access_denied", "invalid_target"]).toContain(await play.use(ask));
});

test("C30: somebody merges by hand what is approved, before we decided: no grant", async () => {
  const ask = await play.ask();
  await play.unseen(async () => {
    const { rest } = play.world.player("bob").api;
    await rest.pulls.createReview({ ...access, pull_number: ask.number, event: "APPROVE" });
    await play.world
      .player("root")
      .api.rest.pulls.merge({ ...access, pull_number: ask.number, merge_method: "squash" });
  });
  expect(await play.quarantined(ask.path)).toBe("no_decision");
  expect(["access_denied", "invalid_target"]).toContain(await play.use(ask));
});

test("C30: what we decided and somebody else merges on GitHub's page is decided again, and granted", async () => {
  const ask = await play.ask();
  await play.unmergeable(async () => {
    await play.review("bob", ask);
    expect(await play.merged(ask)).toBe(false);
    await play.mergeByHand(ask);
  });
  expect(await play.quarantined(ask.path)).toBeUndefined();
  expect(await play.use(ask)).toBe("released");
});

test("C30: what we decided and whose approval was taken back before somebody merged it is not granted", async () => {
  const ask = await play.ask();
  await play.unmergeable(async () => {
    const review = await play.review("bob", ask);
    await play.unseen(async () => {
      const { rest } = play.world.player("root").api;
      await rest.pulls.dismissReview({ ...access, pull_number: ask.number, review_id: review, message: "no" });
      await rest.pulls.merge({ ...access, pull_number: ask.number, merge_method: "squash" });
    });
  });
  expect(await play.quarantined(ask.path)).toBe("decision_differs");
  expect(["access_denied", "invalid_target"]).toContain(await play.use(ask));
});

// Who makes a commit writes its time as well: this one says that it was merged in ten years, where its window would begin.
const later = { date: "2036-01-01T00:00:00Z" };

test.each([false, true])(
  "C32: a merge commit made by hand never grants (decided by us before: %s)",
  async (decided) => {
    const ask = await play.ask();
    const byHand = async () => {
      const { rest } = play.world.player("root").api;
      const main = (await rest.git.getRef({ ...access, ref: "heads/main" })).data.object.sha;
      const head = (await rest.git.getCommit({ ...access, commit_sha: ask.head })).data;
      const root = { name: "root", email: play.world.player("root").email, ...later };
      const made = {
        message: "by hand",
        tree: head.tree.sha,
        parents: [main, ask.head],
        author: root,
        committer: root,
      };
      const { data } = await rest.git.createCommit({ ...access, ...made });
      await rest.git.updateRef({ ...access, ref: "heads/main", sha: data.sha });
      await play.settle();
    };
    await play.unmergeable(async () => {
      if (decided) await play.review("bob", ask);
      await byHand();
    });
    play.world.clock.skip(120);
    await play.settle();
    expect(await play.merged(ask)).toBe(true);
    expect(await play.quarantined(ask.path)).toBe("no_pull_request");
    expect(["access_denied", "invalid_target"]).toContain(await play.use(ask));
  },
);

test("C32: a fast-forward of main to the approved head never grants, whatever time its commit bears", async () => {
  const ask = await play.ask();
  const { rest } = play.world.player("alice").api;
  const old = (await rest.git.getCommit({ ...access, commit_sha: ask.head })).data;
  const alice = { name: "alice", email: play.world.player("alice").email, ...later };
  const made = {
    message: "dated",
    tree: old.tree.sha,
    parents: old.parents.map((p) => p.sha),
    author: alice,
    committer: alice,
  };
  const { data } = await rest.git.createCommit({ ...access, ...made });
  await rest.git.updateRef({ ...access, ref: `heads/${ask.branch}`, sha: data.sha, force: true });
  await play.settle();
  await play.unmergeable(async () => {
    await play.review("bob", ask);
    await rest.git.updateRef({ ...access, ref: "heads/main", sha: data.sha });
    await play.settle();
  });
  play.world.clock.skip(120);
  await play.settle();
  expect(await play.merged(ask)).toBe(true);
  expect(await play.quarantined(ask.path)).toBe("no_pull_request");
  expect(["access_denied", "invalid_target"]).toContain(await play.use(ask));
});

test("C32: a request pushed straight to main never grants", async () => {
  const path = play.path();
  await play.pushMain({ [path]: requestText() });
  expect(await play.quarantined(path)).toBe("no_pull_request");
  expect(["access_denied", "invalid_target"]).toContain(await play.use({ path }));
});

test("C32: an approved file copied to a new path never grants", async () => {
  const granted = await play.grant();
  const path = play.path();
  await play.pushMain({ [path]: requestText() }, "cherry-pick");
  expect(await play.quarantined(path)).toBe("no_pull_request");
  expect(await play.use({ path })).not.toBe("released");
  expect(await play.use(granted)).toBe("released");
});

test("a merged deletion revokes at once, and the ledger says so", async () => {
  const granted = await play.grant();
  const ask = await play.ask({ by: "mallory", files: { [granted.path]: null } });
  expect(await play.merged(ask)).toBe(false);
  await play.mergeByHand(ask);
  expect(await play.use(granted)).toBe("grant_revoked");
  expect((await play.ledger()).filter((e) => e.type === "revoked" && e.path === granted.path)).toHaveLength(1);
});

test("C33: a path that was granted is never granted again, by pull request or by revert", async () => {
  const granted = await play.grant();
  await play.pushMain({ [granted.path]: null }, "delete");
  expect(await play.use(granted)).toBe("grant_revoked");
  const again = await play.ask({ files: { [granted.path]: requestText() } });
  await play.review("bob", again);
  expect(await play.merged(again)).toBe(false);
  expect((await play.check(again.head)).title).toBe("Name was used before");
  await play.pushMain({ [granted.path]: requestText() }, "Revert delete");
  expect(await play.use(granted)).toBe("grant_revoked");
});

test("an edit of a granted file on main ends its grant", async () => {
  const granted = await play.grant();
  await play.pushMain({ [granted.path]: requestText({ bucket: "acme-everything" }) });
  expect(await play.use(granted)).toBe("grant_revoked");
});

test("a rewritten main ends the grants whose file it lost, and grants nothing", async () => {
  const before = await play.grant();
  const lost = await play.grant();
  const root = play.world.player("root");
  const dir = await root.clone();
  await git(dir, "fetch", "-q", "origin");
  await git(dir, "checkout", "-q", "-B", "main", "origin/main~1");
  await git(dir, "commit", "-q", "--allow-empty", "-m", "rewritten");
  await git(dir, "push", "-q", "--force", "origin", "main");
  await play.settle();
  expect(await play.use(lost)).toBe("grant_revoked");
  expect(await play.use(before)).toBe("released");
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { git } from "../sandbox/players.ts";
import { access, Play, requestText } from "./play.ts";

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(async () => {
  expect(play.world.github.validation.failures).toEqual([]);
  expect(play.world.github.validation.unvalidated).toEqual([]);
  await play.end();
});

test("C30, C32: an admin merges an unapproved pull request: no grant, and the ledger says so", async () => {
  const ask = await play.ask();
  await play.mergeByHand(ask);
  expect(await play.quarantined(ask.path)).toBe("no_decision");
  expect(["access_denied", "invalid_target"]).toContain(await play.use(ask));
});

test("C30: somebody merges by hand what is approved but was not decided: no grant", async () => {
  const ask = await play.ask({ draft: true });
  await play.review("bob", ask);
  await play.world.github.change.setDraft("acme/access", ask.number, false, "alice");
  await play.world
    .player("root")
    .api.rest.pulls.merge({ ...access, pull_number: ask.number, merge_method: "squash" })
    .catch(() => undefined);
  await play.settle();
  // Either the app was first, with its decision, or nobody decided; a grant exists only in the first case.
  const code = await play.quarantined(ask.path);
  expect([undefined, "no_decision"]).toContain(code);
  expect((await play.use(ask)) === "released").toBe(code === undefined);
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
  const ask = await play.ask({ files: { [granted.path]: null } });
  expect((await play.check(ask.head)).title).toBe("Revocation");
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

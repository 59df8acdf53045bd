import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { access, Play } from "./play.ts";

// `frozen:` in the settings: who may, and what it stops (DESIGN.md section 4, Freeze).

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());
const path = ".github/countersign.yml";
const settings = (frozen = "", more = "") => ({
  [path]: `version: 1\napprovals: 1\npending_expiry: 7d\n${frozen === "" ? "" : `frozen: ${frozen}\n`}${more}`,
});
/** By a policy pull request that an owner approves. */
async function thaw(): Promise<void> {
  const ask = await play.ask({ files: settings() });
  expect(await play.merged(ask)).toBe(false);
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
}

test("an owner's freeze is merged at once, stops exchange, merge and grant, and ends by a policy pull request only", async () => {
  const granted = await play.grant();
  expect(await play.use(granted)).toBe("released");
  const waiting = await play.ask();
  const freeze = await play.ask({ by: "carol", files: settings("[{ target: aws-prod }]", "# an incident\n") });
  expect(await play.merged(freeze)).toBe(true);
  expect((await play.check(freeze.head)).title).toBe("Freeze: merged at once");
  const accepted = (await play.ledger()).findLast((e) => e.type === "policy_accepted");
  expect(accepted).toMatchObject({ pull_request: freeze.number, approved_by: [] });
  expect(accepted?.type === "policy_accepted" && accepted.reason).toContain("Freeze by carol");

  expect(await play.use(granted)).toBe("frozen");
  await play.review("bob", waiting);
  expect(await play.merged(waiting)).toBe(false);
  expect((await play.check(waiting.head)).summary).toContain("Target aws-prod is frozen by the settings");
  await play.mergeByHand(waiting);
  expect(await play.quarantined(waiting.path)).toBeDefined();

  // While one stands, another may be added, also by hand on GitHub's page in another order.
  const more = await play.ask({ by: "bob", files: settings('[{ approver: "@bob" }, { target: aws-prod }]') });
  expect(await play.merged(more)).toBe(true);
  // Less is no freeze: it takes approval. bob's does not count any more.
  const less = await play.ask({ by: "carol", files: settings('[{ approver: "@bob" }]') });
  expect(await play.merged(less)).toBe(false);
  await play.review("bob", less);
  expect(await play.merged(less)).toBe(false);
  const back = await play.ask({ files: settings() });
  await play.review("carol", back);
  expect(await play.merged(back)).toBe(true);
  expect(await play.use(granted)).toBe("released");
  await play.world.player("carol").api.rest.pulls.update({ ...access, pull_number: less.number, state: "closed" });
});

test("C72: more than a freeze, somebody else's, or with somebody else's push is an ordinary policy pull request", async () => {
  const more = await play.ask({ by: "bob", files: settings("[all]", "break_glass: { members: ['@mallory'] }\n") });
  const beside = await play.ask({ by: "bob", files: { ...settings("[all]"), "README.md": "# no\n" } });
  const stranger = await play.ask({ by: "mallory", files: settings("[all]") });
  const draft = await play.ask({ by: "bob", draft: true, files: settings("[all]") });
  expect((await play.check(draft.head)).title).toContain("Draft");
  const head = await play.amend(draft, "bob", "mallory");
  await play.ready(draft);
  for (const one of [more, beside, stranger, draft]) expect(await play.merged(one)).toBe(false);
  expect((await play.check(head)).title).toMatch(/^Policy\./);
  await play.review("carol", draft);
  expect(await play.merged(draft)).toBe(true);
  await thaw();
});

test("no run is started while the settings freeze it, and it is started when that ends", async () => {
  const start = new Date(play.world.clock.now().getTime() + 600_000);
  const ask = await play.grant({ dispatch: true, more: `start: ${start.toISOString().slice(0, 19)}Z\n` });
  const runs = () => play.world.github.runs.all().filter((r) => r.createdAt >= start);
  expect(await play.merged(await play.ask({ by: "bob", files: settings('[{ approver: "@bob" }]') }))).toBe(true);
  play.world.clock.skip(630);
  await play.settle();
  expect(runs()).toEqual([]);
  const back = await play.ask({ files: settings() });
  await play.review("carol", back);
  expect(await play.merged(back)).toBe(true);
  play.world.clock.skip(61);
  await play.settle();
  expect(runs()).toHaveLength(1);
  const bot = { actor_id: String(play.world.github.app.botId), run_id: String(runs()[0]?.id) };
  expect(await play.use(ask, bot)).toBe("released");
});

test("C59: an exchange that is in flight when a freeze is accepted gives nothing", async () => {
  const granted = await play.grant();
  await play.ledger(); // what waits is written: the next batch is the exchange's
  const accepted = Promise.withResolvers<void>();
  const judged = () => accepted.resolve();
  const undo = play.world.github.intercept({
    before: async ({ method, path: url }) => {
      // Between minting and the ledger: the credentials are there and not released.
      if (method !== "PUT" || !url.includes("/contents/ledger")) return undefined;
      undo();
      subscribe("countersign:head", judged);
      const bob = play.world.player("bob");
      await bob.clone();
      await bob.push("stop", settings("[all]"), { from: "origin/main" });
      await bob.api.rest.pulls.create({ ...access, title: "stop", head: "stop", base: "main" });
      await accepted.promise;
      return undefined;
    },
  });
  expect(await play.use(granted)).toBe("minted and not_ready");
  unsubscribe("countersign:head", judged);
  await play.settle();
  expect(await play.use(granted)).toBe("frozen");
  await thaw();
});

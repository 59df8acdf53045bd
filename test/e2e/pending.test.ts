import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exchange } from "../sandbox/main-job.ts";
import { target, workflowPath } from "../sandbox/seed.ts";
import { access, type Ask, infra, Play, requestText } from "./play.ts";

// What a job is told while its request waits, from the pull request's first plan to its end.

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());
/** The job that a request names, asking for exactly that request. */
const told = (ask: Pick<Ask, "path">, claims: Record<string, unknown> = {}) => play.use(ask, claims);
/** Nobody's request: what a job is told that waits for nothing. */
const nothing = ["access_denied", "invalid_target"];
const close = async (ask: Pick<Ask, "number">, by = "alice") => {
  await play.world.player(by).api.rest.pulls.update({ ...access, pull_number: ask.number, state: "closed" });
};

test("a job waits for its request from the plan to the merge, and is told where and for whom", async () => {
  const ask = await play.ask();
  const { status, body } = await exchange(play.world, await play.token(), { request: ask.path });
  expect(status).toBe(400);
  expect(body).toMatchObject({
    error: "authorization_pending",
    interval: 10,
    pull_request: `${play.world.github.url}/acme/access/pull/${ask.number}`,
    awaited: ["@acme/cloud-owners"],
  });
  expect(nothing).toContain(await told(ask, { actor_id: "1" }));
  await play.review("carol", ask, "REQUEST_CHANGES");
  expect(await told(ask)).toBe("authorization_pending");
  await play.review("carol", ask);
  expect(await play.merged(ask)).toBe(true);
  expect(await told(ask)).toBe("released");
});

test("a draft is waited for as well; a push that breaks the file ends the waiting, one that mends it begins it again", async () => {
  const ask = await play.ask({ draft: true });
  expect(await told(ask)).toBe("authorization_pending");
  const alice = play.world.player("alice");
  await alice.push(ask.branch, { [ask.path]: requestText({ bucket: "other-logs" }) });
  await play.settle();
  expect(nothing).toContain(await told(ask));
  await alice.push(ask.branch, { [ask.path]: requestText({ bucket: "acme-mended" }) });
  await play.settle();
  expect(await told(ask)).toBe("authorization_pending");
  await close(ask);
  await play.settle();
  expect(nothing).toContain(await told(ask));
});

test("a push of another plan replaces what is waited for", async () => {
  const ask = await play.ask();
  const text = requestText().replace("environment: production", "environment: production\n  actor: any");
  expect(nothing).toContain(await told(ask, { actor_id: "1" }));
  await play.world.player("alice").push(ask.branch, { [ask.path]: text });
  await play.settle();
  expect(await told(ask, { actor_id: "1" })).toBe("authorization_pending");
  await close(ask);
});

test("C06: a pull request that was closed without a webhook is forgotten by the sweep", async () => {
  const ask = await play.ask();
  await play.unseen(() => close(ask));
  expect(nothing).toContain(await told(ask));
});

test("a request that no review can mend is not waited for: one of nobody's account, one to another base", async () => {
  const nobodys = await play.ask({ author: { name: "x", email: "nobody@nowhere.example" } });
  expect(nothing).toContain(await told(nobodys));
  const root = play.world.player("root");
  const main = await root.api.rest.git.getRef({ ...access, ref: "heads/main" });
  await root.api.rest.git.createRef({ ...access, ref: "refs/heads/later", sha: main.data.object.sha });
  const ask = await play.ask();
  expect(await told(ask)).toBe("authorization_pending");
  await play.world.player("alice").api.rest.pulls.update({ ...access, pull_number: ask.number, base: "later" });
  await play.settle();
  expect(nothing).toContain(await told(ask));
});

test("C32: a request that an administrator merges by hand waits no longer, and grants nothing", async () => {
  const ask = await play.ask();
  expect(await told(ask)).toBe("authorization_pending");
  await play.mergeByHand(ask);
  expect(nothing).toContain(await told(ask));
  play.world.clock.skip(61);
  await play.settle();
  expect(nothing).toContain(await told(ask));
});

test("a request with dispatch waits for no job: its own is started after the merge", async () => {
  const ask = await play.ask({ dispatch: true });
  expect(nothing).toContain(await told(ask));
  expect(nothing.concat("run_not_bound", "actor_mismatch")).toContain(
    await told(ask, { actor_id: String(play.world.github.app.botId) }),
  );
  await close(ask);
});

test("between merge and grant the job is still told to wait, never refused", async () => {
  const ask = await play.ask();
  const seen = new Set<string>();
  const undo = play.world.github.intercept({
    before: async ({ method, path }) => {
      // The app reads what the merged commit changed to judge it: nothing is granted yet.
      if (method === "GET" && /\/commits\/[0-9a-f]{40}\?/.test(path)) {
        // What GitHub says of the closed pull request has been looked at by then.
        await play.world.github.settled();
        await delay(300);

        seen.add(await told(ask));
      }
      return undefined;
    },
  });
  await play.review("bob", ask);
  undo();
  expect([...seen]).toEqual(["authorization_pending"]);
  expect(await told(ask)).toBe("released");
});

test("a policy change is told under the new policy, or not at all", async () => {
  const ask = await play.ask();
  expect(await told(ask)).toBe("authorization_pending");
  // A policy that nobody accepted: quarantine.
  await play.pushMain({ "targets/aws-prod.yml": target.replace("max_duration: 4h", "max_duration: 3h") });
  expect(nothing).toContain(await told(ask));
  await play.pushMain({ "targets/aws-prod.yml": target });
  expect(await told(ask)).toBe("authorization_pending");
  await close(ask);
});

test("a workflow file that changed binds the same job: its content is for the exchange to look at", async () => {
  const ask = await play.ask();
  const { rest } = play.world.player("root").api;
  const old = await rest.repos.getContent({ ...infra, path: workflowPath });
  if (!("content" in old.data)) throw new Error("no file");
  const content = Buffer.from(`${Buffer.from(old.data.content, "base64").toString()}# more\n`).toString("base64");
  const put = { ...infra, path: workflowPath, message: "x", sha: old.data.sha, content };
  await rest.repos.createOrUpdateFileContents(put);
  expect(await told(ask)).toBe("authorization_pending");
  await close(ask);
});

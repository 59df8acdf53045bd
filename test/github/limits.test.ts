import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { RetryLater } from "../../src/base/errors.ts";
import { commitSha } from "../../src/base/ids.ts";
import type { GitHub, RepoRef } from "../../src/github/index.ts";
import { ACCESS, ask, type Sandbox, sandbox } from "../sandbox-github/support.ts";
import { accessRepoOf, clientOf } from "./world.ts";

let s: Sandbox;
let github: GitHub;
let repo: RepoRef;
let undo = (): void => {};
beforeAll(async () => {
  s = await sandbox();
  repo = await accessRepoOf(s);
});
beforeEach(async () => {
  github = await clientOf(s);
  await github.tip(repo, "main");
  s.gh.clearRequests();
});
afterEach(() => undo());
afterAll(() => s.close());

const later = (seconds: number): void => {
  s.clock.now = new Date(s.clock.now.getTime() + seconds * 1000);
};
const caught = async (call: Promise<unknown>): Promise<RetryLater> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RetryLater)) throw new Error(`not a RetryLater: ${String(error)}`);
  return error;
};
/** One answer of GitHub to the next call. */
const once = (answer: () => Response): void => {
  let done = false;
  undo = s.gh.intercept({
    before: () => {
      if (done) return undefined;
      done = true;
      return answer();
    },
  });
};
const headers = (fields: Record<string, string | number>) => ({
  date: s.clock.now.toUTCString(),
  ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)])),
});
const reset = (seconds: number): number => Math.floor(s.clock.now.getTime() / 1000) + seconds;

test("C45: in a primary rate limit nothing more is asked until GitHub's own time for it, and then all goes on", async () => {
  once(() =>
    Response.json(
      { message: "API rate limit exceeded" },
      { status: 403, headers: headers({ "x-ratelimit-remaining": 0, "x-ratelimit-reset": reset(240) }) },
    ),
  );
  expect(await caught(github.tip(repo, "main"))).toMatchObject({ code: "github_rate_limited", after: 240 });
  later(100);
  expect(await caught(github.snapshot(repo, 1))).toMatchObject({ code: "github_rate_limited", after: 140 });
  expect(await caught(github.merge(repo, 1, commitSha("0".repeat(40)), "t", "m"))).toMatchObject({ after: 140 });
  expect(await github.ledgerWait(repo)).toBe(140);
  expect(s.gh.requests).toHaveLength(1);
  later(141);
  expect(await github.tip(repo, "main")).not.toBeNull();
  expect(await github.ledgerWait(repo)).toBe(0);
});

test("a secondary limit holds back everything for as long as retry-after says, the ledger as well", async () => {
  once(() =>
    Response.json(
      { message: "You have exceeded a secondary rate limit" },
      { status: 429, headers: { "retry-after": "30" } },
    ),
  );
  expect(await caught(github.tip(repo, "main"))).toMatchObject({ code: "github_rate_limited", after: 30 });
  expect(await caught(github.retitleCheck(repo, 1, "t", "l"))).toMatchObject({ after: 30 });
  expect(await github.ledgerWait(repo)).toBe(30);
  later(31);
});

test("C45: a secondary limit that only its words tell from a permission is none: nothing is taken to be gone, and all waits", async () => {
  const words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  const limits = { "x-ratelimit-limit": 5000, "x-ratelimit-remaining": 4000, "x-ratelimit-reset": reset(600) };
  await github.repository(repo.fullName); // has its token
  await github.ledgerWait(repo);
  s.gh.clearRequests();
  once(() => Response.json({ message: words }, { status: 403, headers: headers(limits) }));
  expect(await caught(github.repository(repo.fullName))).toMatchObject({ code: "github_rate_limited", after: 60 });
  expect(await caught(github.tip(repo, "main"))).toMatchObject({ code: "github_rate_limited", after: 60 });
  expect(await github.ledgerWait(repo)).toBe(60);
  expect(s.gh.requests).toHaveLength(1);
  later(61);
  expect(await github.repository(repo.fullName)).not.toBeNull();
});

test("C45: a 403 without a word of a limit is a permission, and holds nothing back", async () => {
  once(() => Response.json({ message: "Resource not accessible by integration" }, { status: 403 }));
  await expect(github.tip(repo, "main")).rejects.toMatchObject({ code: "github_not_visible" });
  expect(await github.tip(repo, "main")).not.toBeNull();
});

test("the last requests of an hour are kept for saying that we wait, and for the ledger", async () => {
  const { number } = await ask(s, "alice", "kept");
  const { data: pull } = await s.as("alice").rest.pulls.get({ ...ACCESS, pull_number: number });
  const head = commitSha(pull.head.sha);
  const content = { status: "completed", conclusion: "action_required", annotations: [] } as const;
  const shown = { ...content, title: "Valid. Needs 1 more: @acme/cloud-owners", summary: "The plan." };
  const { id } = await github.putCheck(repo, head, `${repo.id}#${number}`, shown, null);
  await github.ledgerWait(repo); // has its token
  once(() =>
    Response.json([], {
      headers: headers({ "x-ratelimit-limit": 5000, "x-ratelimit-remaining": 50, "x-ratelimit-reset": reset(600) }),
    }),
  );
  await github.reviewTimes(repo, number);
  expect(await caught(github.tip(repo, "main"))).toMatchObject({ code: "github_rate_limited", after: 600 });
  expect(await github.ledgerWait(repo)).toBe(0);
  await github.retitleCheck(repo, id, "Waiting for GitHub, 10 min", "We go on by ourselves.");
  const check = await s.as("alice").rest.checks.get({ ...ACCESS, check_run_id: id });
  expect(check.data).toMatchObject({
    conclusion: "action_required",
    output: { title: "Waiting for GitHub, 10 min", summary: "We go on by ourselves.\n\nThe plan." },
  });
  later(601);
});

test("GraphQL used up holds decisions back, not what exchanges and the ledger need, which count by themselves", async () => {
  const { number } = await ask(s, "alice", "graphql-used-up");
  const used = { "x-ratelimit-limit": 5000, "x-ratelimit-remaining": 0, "x-ratelimit-reset": reset(600) };
  once(() =>
    Response.json(
      { errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }] },
      { headers: headers({ ...used, "x-ratelimit-resource": "graphql" }) },
    ),
  );
  await caught(github.snapshot(repo, number));
  s.gh.clearRequests();
  expect(await caught(github.snapshot(repo, number))).toMatchObject({ code: "github_rate_limited", after: 600 });
  expect(s.gh.requests).toHaveLength(0);
  expect(await github.tip(repo, "main")).not.toBeNull();
  expect(await github.ledgerWait(repo)).toBe(0);

  once(() =>
    Response.json(
      { message: "API rate limit exceeded" },
      { status: 403, headers: headers({ ...used, "x-ratelimit-resource": "core" }) },
    ),
  );
  expect(await caught(github.tip(repo, "main"))).toMatchObject({ after: 600 });
  expect(await github.ledgerWait(repo)).toBe(600);
  later(601);
});

test("a limit that is secondary, by its words or by retry-after, is for both, whichever resource the answer counts", async () => {
  const counted = { "x-ratelimit-remaining": 0, "x-ratelimit-reset": reset(600), "x-ratelimit-resource": "graphql" };
  for (const [message, more, after] of [
    ["You have exceeded a secondary rate limit", {}, 600],
    ["wait", { "retry-after": 90 }, 90],
  ] as const) {
    once(() => Response.json({ message }, { status: 403, headers: headers({ ...counted, ...more }) }));
    await caught(github.snapshot(repo, 1));
    expect(await caught(github.tip(repo, "main"))).toMatchObject({ code: "github_rate_limited", after });
    expect(await caught(github.snapshot(repo, 1))).toMatchObject({ code: "github_rate_limited", after });
    later(after + 1);
  }
});

test("C45: a secondary limit that GraphQL tells beside the status 200 holds back everything", async () => {
  const { number } = await ask(s, "alice", "graphql-secondary");
  for (const [more, after] of [
    [{ "retry-after": 90 }, 90],
    [{}, 60],
  ] as const) {
    const errors = [{ message: "You have exceeded a secondary rate limit. Please wait." }];
    once(() => Response.json({ data: null, errors }, { headers: headers({ "x-ratelimit-remaining": 4000, ...more }) }));
    await caught(github.snapshot(repo, number));
    s.gh.clearRequests();
    expect(await caught(github.tip(repo, "main"))).toMatchObject({ code: "github_rate_limited", after });
    expect(await caught(github.snapshot(repo, number))).toMatchObject({ code: "github_rate_limited", after });
    expect(s.gh.requests).toHaveLength(0);
    later(after + 1);
  }
});

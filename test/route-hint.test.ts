import { expect, it } from "vitest";
import { digestOf } from "../src/base/canonical-json.ts";
import { readHint } from "../src/queue/index.ts";
import { routeHint } from "../src/route-hint.ts";
import type { Db } from "../src/store/index.ts";
import { useStore } from "./helpers/stores.ts";
import { access, enrol, sha } from "./recorder/world.ts";

const bot = 900;
const enrolled = new Set<number>([access.id]);
const ours = { repository: { id: access.id } };
const pull = { ...ours, pull_request: { number: 3 } };
const said = { ...ours, issue: { number: 3, pull_request: {} } };

const open = useStore();

/** By the hint alone: most of the routes read nothing. */
const route = (event: string, body: object, us: number | null = bot, db: Db = nothing) =>
  routeHint(readHint(event, JSON.stringify(body)), db, enrolled, us);
const nothing = new Proxy({} as Db, {
  get: (_, name) => {
    throw new Error(`${String(name)} was read`);
  },
});

it("C48 no job for a repository that is not enrolled, whatever is told of it", async () => {
  const other = { repository: { id: 666 }, ref: "refs/heads/main", after: "b".repeat(40), check_run: { id: 99 } };
  for (const event of ["push", "pull_request", "pull_request_review", "issue_comment", "issues", "check_run"])
    expect(await route(event, { ...other, pull_request: { number: 3 }, issue: { number: 3 } })).toEqual([]);
});

it("a look at everything for what may change any decision", async () => {
  expect(await route("membership", { action: "removed" })).toEqual(["sweep"]);
  expect(await route("member", { ...ours, action: "removed" })).toEqual(["sweep"]);
  expect(await route("repository", { ...ours, action: "transferred" })).toEqual(["sweep"]);
});

it("the pull request, its comments or the issue that it is about", async () => {
  const review = { ...pull, action: "submitted" };
  expect(await route("pull_request_review", review)).toEqual([`pull-request:${access.id}:3`]);
  expect(await route("issue_comment", { ...said, action: "created" })).toEqual([`comments:${access.id}:3`]);
  const onIssue = { ...ours, action: "created", issue: { number: 4 } };
  expect(await route("issue_comment", onIssue)).toEqual([`issue:${access.id}:4`]);
});

it("nothing for the echo of our own writes; a moment later, what our own merge changed", async () => {
  const sender = { id: bot };
  expect(await route("pull_request", { ...pull, action: "review_requested" })).toEqual([]);
  expect(await route("pull_request", { ...pull, sender, action: "edited" })).toEqual([]);
  expect(await route("issue_comment", { ...said, sender, action: "created" })).toEqual([]);
  const merged = { ...pull, sender, action: "closed" };
  expect(await route("pull_request", merged)).toEqual([{ key: `pull-request:${access.id}:3`, in: 2 }]);
  // Whoever else edits the title is looked at; and so is everybody while we do not know who we are.
  const edited = { ...pull, sender: { id: 7 }, action: "edited" };
  expect(await route("pull_request", edited)).toEqual([`pull-request:${access.id}:3`]);
  expect(await route("pull_request", { ...edited, sender }, null)).toEqual([`pull-request:${access.id}:3`]);
});

it("a check that names no pull request: every one that shows our check, or the roles it tells of", async () => {
  const { db } = await open();
  await enrol(db);
  const plan = digestOf("plan");
  const shown = { repository_id: access.id, head_sha: sha(3), plans_sha256: plan, shown_sha256: plan, seen_before: "" };
  const posted = { ...shown, posted_at: new Date("2026-11-23T10:00:00Z") };
  await db
    .insertInto("posted_plan")
    .values([
      { ...posted, pull_request: 3, check_run_id: 77 },
      { ...posted, pull_request: 4, check_run_id: 78 },
    ])
    .execute();
  await db
    .insertInto("role_report")
    .values({ repository_id: access.id, policy_digest: plan, commit_sha: sha(3), left_out: 0, check_run_id: 99 })
    .execute();
  const again = (id: number) => route("check_run", { ...ours, action: "rerequested", check_run: { id } }, bot, db);
  const shownByUs = new Set([`pull-request:${access.id}:3`, `pull-request:${access.id}:4`]);
  expect(new Set(await again(55))).toEqual(shownByUs);
  expect(await again(99)).toEqual([`check-roles-again:${access.id}`]);
});

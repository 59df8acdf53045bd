import { pino } from "pino";
import { expect, it } from "vitest";
import { digestOf } from "../../src/base/canonical-json.ts";
import { RetryLater } from "../../src/base/errors.ts";
import type { GitHub } from "../../src/github/types.ts";
import { orSayWaiting } from "../../src/pull-request/index.ts";
import { testClock } from "../helpers/clock.ts";
import { useStore } from "../helpers/stores.ts";
import { access, enrol } from "../recorder/world.ts";

const open = useStore();
const head = "a".repeat(40);
const [plan, before] = [digestOf("plan"), digestOf("before")];

async function world(retitle: () => Promise<void> = async () => undefined) {
  const { db } = await open();
  await enrol(db);
  await db
    .insertInto("posted_plan")
    .values({
      repository_id: access.id,
      pull_request: 3,
      head_sha: head,
      plans_sha256: plan,
      posted_at: new Date("2026-11-23T10:00:00Z"),
      seen_before: "",
      check_run_id: 77,
      shown_sha256: before,
    })
    .execute();
  const said: string[] = [];
  const retitleCheck: GitHub["retitleCheck"] = async (_, id, title) => {
    await retitle();
    said.push(`${id} ${title}`);
  };
  const deps = { db, clock: testClock(), log: pino({ level: "silent" }), github: { retitleCheck } as GitHub };
  const fails = async (problem: Error): Promise<unknown> => {
    try {
      await orSayWaiting(deps, access.id, 3, async () => {
        throw problem;
      });
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  };
  const row = () => db.selectFrom("posted_plan").selectAll().executeTakeFirstOrThrow();
  return { said, fails, row };
}

it("says on the check how long we wait for GitHub's limit or for our own budget", async () => {
  const { said, fails, row } = await world();
  const limited = new RetryLater("github_rate_limited", "wait", { after: 200 });
  expect(await fails(limited)).toBe(limited);
  expect(await fails(new RetryLater("write_budget", "wait", { after: 61 }))).toBeInstanceOf(RetryLater);
  expect(said).toEqual(["77 Waiting for GitHub, 4 min", "77 Waiting for GitHub, 2 min"]);
  // The next run shows the plan again, and the plan counts as posted when it was: approvals of it stay approvals.
  const { shown_sha256: shown, plans_sha256: plans, posted_at: at } = await row();
  expect(shown).not.toBe(before);
  expect([plans, at.toISOString()]).toEqual([plan, "2026-11-23T10:00:00.000Z"]);
});

it("says nothing of a moment, nor of what is no limit", async () => {
  const { said, fails, row } = await world();
  await fails(new RetryLater("github_rate_limited", "wait", { after: 5 }));
  await fails(new RetryLater("github_unreachable", "gone", { after: 300 }));
  await fails(new RetryLater("github_rate_limited", "wait"));
  await fails(new TypeError("a defect"));
  expect(said).toEqual([]);
  expect((await row()).shown_sha256).toBe(before);
});

it("cannot say it in a limit that lets nothing through, and hides no error for that", async () => {
  const limited = new RetryLater("github_rate_limited", "wait", { after: 200 });
  const { said, fails, row } = await world(() => Promise.reject(limited));
  expect(await fails(limited)).toBe(limited);
  expect(said).toEqual([]);
  expect((await row()).shown_sha256).not.toBe(before);
});

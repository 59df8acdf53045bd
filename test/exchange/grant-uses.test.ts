import { expect, test } from "vitest";
import { runId } from "../../src/base/ids.ts";
import { hasAttempt, usesOf } from "../../src/exchange/grant-uses.ts";
import { now } from "./fixtures.ts";

const using = (run: number, over: { runAttempt?: number; runs?: number; thisAttempt?: boolean } = {}) => ({
  grant: { id: "g", runs: over.runs ?? 2, uses: { thisAttempt: over.thisAttempt ?? false } },
  claims: { runId: runId(run), runAttempt: over.runAttempt ?? 1 },
  startedAt: now,
});

test("C57 uses are counted one after the other, an attempt once, and none over what was approved", () => {
  const uses = usesOf(new Map([["g", { uses: "90 1," }]]));
  uses.count(using(90, { thisAttempt: true }));
  uses.count(using(91));
  uses.count(using(91));
  for (const [run, runAttempt] of [
    [92, 1],
    [91, 2],
    [9, 1],
  ] as const)
    expect(() => uses.count(using(run, { runAttempt }))).toThrow(expect.objectContaining({ code: "runs_exhausted" }));
  expect(uses.fresh).toEqual([{ grant_id: "g", run_id: "91", run_attempt: 1, first_at: now }]);
});

test("C57 a use that was there when the job came and is gone is not counted without the grant's lock", () => {
  const uses = usesOf(new Map([["g", { uses: null }]]));
  const code = "temporarily_unavailable";
  expect(() => uses.count(using(90, { thisAttempt: true }))).toThrow(expect.objectContaining({ code }));
  expect(uses.fresh).toEqual([]);
});

test("an attempt is found whole only", () => {
  const uses = "190 1,90 12,";
  const has = (run: number, runAttempt: number) => hasAttempt(uses, { runId: runId(run), runAttempt });
  expect([has(190, 1), has(90, 12)]).toEqual([true, true]);
  expect([has(90, 1), has(190, 12), has(19, 1), has(90, 2)]).toEqual([false, false, false, false]);
  expect(hasAttempt(null, { runId: runId(1), runAttempt: 1 })).toBe(false);
});

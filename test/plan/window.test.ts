import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AWS_MIN_SESSION, awsDurationSeconds, planWindow } from "../../src/plan/index.ts";

const t = (text: string): Date => new Date(`2026-11-24T${text}Z`);
const window = { notBefore: t("09:00:00"), expiresAt: t("10:00:00") };

describe("planWindow", () => {
  const slot = { start: t("09:00:00"), duration: 3600 };
  test.each([
    ["without start it runs from the merge", { duration: 3600 }, "08:00:00", "08:00:00", "09:00:00"],
    ["a null start is none", { start: null, duration: 3600 }, "08:00:00", "08:00:00", "09:00:00"],
    ["a merge before the slot waits for it", slot, "08:00:00", "09:00:00", "10:00:00"],
    ["a merge within the slot does not move its end", slot, "09:40:00", "09:40:00", "10:00:00"],
    ["a merge after the slot leaves nothing", slot, "10:30:00", "10:30:00", "10:00:00"],
    ["a plan's own text", { start: "2026-11-24T09:00:00Z", duration: 60 }, "08:00:00", "09:00:00", "09:01:00"],
  ])("%s", (_, plan, merged, notBefore, expiresAt) => {
    expect(planWindow(plan, t(merged))).toEqual({ notBefore: t(notBefore), expiresAt: t(expiresAt) });
  });

  test("never guesses an instant", () => {
    expect(() => planWindow({ start: "soon", duration: 60 }, t("08:00:00"))).toThrow(TypeError);
    expect(() => planWindow({ duration: 60 }, new Date(Number.NaN))).toThrow(TypeError);
    expect(() => planWindow({ ...slot }, new Date(Number.NaN))).toThrow(TypeError);
  });
});

describe("C47 a session", () => {
  test.each([
    ["at the start, max_session", "09:00:00", 1800, 1800],
    ["no longer than to the end", "09:30:00", 3600, 1800],
    ["near the end, AWS's minimum", "09:59:00", 3600, AWS_MIN_SESSION],
    ["past the end, AWS's minimum still", "10:01:00", 3600, AWS_MIN_SESSION],
  ])("lasts %s", (_, now, max_session, expected) => {
    expect(awsDurationSeconds({ max_session }, window, t(now))).toBe(expected);
  });

  test("is whole seconds, within AWS's minimum and the role's maximum, past the end only by the minimum", () => {
    const maximum = fc.integer({ min: 900, max: 43_200 });
    fc.assert(
      fc.property(maximum, fc.integer({ min: -100_000, max: 50_000_000 }), (max_session, offset) => {
        const now = new Date(window.expiresAt.getTime() - offset);
        const seconds = awsDurationSeconds({ max_session }, window, now);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(AWS_MIN_SESSION);
        expect(seconds).toBeLessThanOrEqual(max_session);
        if (seconds > AWS_MIN_SESSION) expect(now.getTime() + seconds * 1000).toBeLessThanOrEqual(+window.expiresAt);
      }),
      { numRuns: 200 },
    );
  });
});

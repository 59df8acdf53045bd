import { describe, expect, test } from "vitest";
import { planWindow } from "../../src/plan/index.ts";

const t = (text: string): Date => new Date(`2026-11-24T${text}Z`);

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

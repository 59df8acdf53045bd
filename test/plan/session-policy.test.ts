import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_SESSION_POLICY, renderPlan, sessionPolicy } from "../../src/plan/index.ts";
import { inputOf, planOf } from "./world.ts";

const end = new Date("2026-11-24T10:00:00Z");
const deny = {
  Effect: "Deny",
  Action: "*",
  Resource: "*",
  Condition: { DateGreaterThanEquals: { "aws:CurrentTime": "2026-11-24T10:00:00Z" } },
};
/** One resource of such a length that the whole policy has `length` characters. */
const statementsOf = (length: number) => {
  const empty = sessionPolicy({ statements: [{ actions: ["s3:Get*"], resources: [""] }] }, end).length;
  return [{ actions: ["s3:Get*"], resources: ["r".repeat(length - empty)] }];
};

describe("the session policy", () => {
  test("allows what was asked, and C47 denies everything from the end on", () => {
    const text = sessionPolicy(planOf().data, end);
    expect(JSON.parse(text)).toEqual({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:DeleteBucket", Resource: "arn:aws:s3:::acme-stale-logs" }, deny],
    });
    expect(text).not.toMatch(/\s/);
  });

  test("is always sent with the end, also for everything", () => {
    const { data } = planOf({ request: { allow: "everything" } });
    expect(JSON.parse(sessionPolicy(data, end)).Statement).toEqual([
      { Effect: "Allow", Action: "*", Resource: "*" },
      deny,
    ]);
  });

  test("ends within the second of the grant's end, never after it", () => {
    expect(sessionPolicy(planOf().data, new Date("2026-11-24T10:00:00.999Z"))).toContain('"2026-11-24T10:00:00Z"');
  });

  test("has one length for any end, so that a plan which was approved can be issued", () => {
    const { data } = planOf();
    const ends = fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true });
    fc.assert(
      fc.property(ends, (any) => {
        expect(sessionPolicy(data, any)).toHaveLength(sessionPolicy(data, end).length);
      }),
      { numRuns: 100 },
    );
  });

  test.each([Number.NaN, -1, Date.UTC(10_000, 0, 1)])("has no end at %d", (time) => {
    expect(() => sessionPolicy(planOf().data, new Date(time))).toThrow(TypeError);
  });

  test("takes 2048 characters and not one more, and says by how much and what is longest", () => {
    expect(sessionPolicy({ statements: statementsOf(MAX_SESSION_POLICY) }, end)).toHaveLength(2048);
    expect(() => sessionPolicy({ statements: statementsOf(MAX_SESSION_POLICY + 7) }, end)).toThrow(
      /is 7 characters over the 2048 .* longest entry is r+ \(\d+ characters\)/,
    );
  });

  test("is refused before anyone approves, not when the job asks", () => {
    const rendered = renderPlan(inputOf({ request: { allow: statementsOf(MAX_SESSION_POLICY + 1) } }));
    expect(rendered).toMatchObject({ ok: false, code: "policy_too_long" });
    expect(renderPlan(inputOf({ request: { allow: statementsOf(MAX_SESSION_POLICY) } })).ok).toBe(true);
  });
});

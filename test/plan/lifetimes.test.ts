import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AWS_MIN_SESSION, sessionSeconds } from "../../src/plan/index.ts";
import type { Plan, PlanData } from "../../src/plan/types.ts";
import { directGcp, planOf as planOfKind } from "./kinds.ts";
import { planOf } from "./world.ts";

const t = (text: string): Date => new Date(`2026-11-24T${text}Z`);
const window = { notBefore: t("09:00:00"), expiresAt: t("10:00:00") };
const lives = (data: PlanData, left: number): number =>
  sessionSeconds(data, window, new Date(window.expiresAt.getTime() - left * 1000));
const aws = (max_session: number): PlanData => planOf({ role: { max_session } }).data;
const quiet = (last_issue_before_end: number) => ({ role: { last_issue_before_end } });

describe("C47 an aws session", () => {
  test.each([
    ["at the start, max_session", "09:00:00", 1800, 1800],
    ["no longer than to the end", "09:30:00", 3600, 1800],
    ["near the end, AWS's minimum", "09:59:00", 3600, AWS_MIN_SESSION],
    ["past the end, AWS's minimum still", "10:01:00", 3600, AWS_MIN_SESSION],
  ])("lasts %s", (_, now, max_session, expected) => {
    expect(sessionSeconds(aws(max_session), window, t(now))).toBe(expected);
  });

  test("is whole seconds, within AWS's minimum and the role's maximum, past the end only by the minimum", () => {
    const { data } = planOf();
    const maximum = fc.integer({ min: 900, max: 43_200 });
    fc.assert(
      fc.property(maximum, fc.integer({ min: -100_000, max: 50_000_000 }), (max_session, offset) => {
        const now = new Date(window.expiresAt.getTime() - offset);
        const seconds = sessionSeconds({ ...data, max_session }, window, now);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(AWS_MIN_SESSION);
        expect(seconds).toBeLessThanOrEqual(max_session);
        if (seconds > AWS_MIN_SESSION) expect(now.getTime() + seconds * 1000).toBeLessThanOrEqual(+window.expiresAt);
      }),
      { numRuns: 200 },
    );
  });
});

const through = (max_session: number) => planOfKind("gcp", { role: { max_session } });
const direct = (max_session: number) => directGcp({ role: { max_session } }).data;
const handed = planOfKind("azure", { role: { delivery: "assertion" } });

describe("C47 what is issued lives", () => {
  test.each<[string, PlanData, number, number]>([
    ["gcp: max_session", through(900).data, 3600, 900],
    ["gcp: to the end", through(3600).data, 601, 601],
    ["gcp: one second", through(3600).data, 1, 1],
    ["gcp: twelve hours, where the role says so", through(43_200).data, 90_000, 43_200],
    ["gcp without a service account: to the end", direct(3600), 601, 601],
    ["gcp without a service account: never over an hour", direct(43_200), 90_000, 3600],
    ["gcp without a service account: max_session", direct(600), 3600, 600],
    ["azure token: as long as Entra likes", planOfKind("azure").data, 1, 5400],
    ["azure assertion: five minutes", handed.data, 3600, 300],
    ["azure assertion: to the end", handed.data, 299, 299],
    ["github: an hour, whatever is left", planOfKind("github").data, 1, 3600],
    ["oidc: to the end", planOfKind("oidc").data, 59, 59],
    ["oidc: never over an hour", planOfKind("oidc").data, 90_000, 3600],
    ["nothing after the end: gcp", through(3600).data, -5, 0],
    ["nothing after the end: azure assertion", handed.data, -5, 0],
    ["nothing after the end: oidc", planOfKind("oidc").data, -5, 0],
  ])("%s", (_, data, left, expected) => expect(lives(data, left)).toBe(expected));
});

describe("a session as data", () => {
  test.each<[string, Plan, { max: number; floor: number; outlives: number }]>([
    ["aws", planOf(), { max: 3600, floor: 900, outlives: 900 }],
    ["aws, short grant", planOf({ request: { duration: 300 } }), { max: 900, floor: 900, outlives: 900 }],
    ["aws, moved inside", planOf(quiet(900)), { max: 3600, floor: 900, outlives: 0 }],
    ["gcp", planOfKind("gcp"), { max: 3600, floor: 0, outlives: 0 }],
    ["gcp, short grant", planOfKind("gcp", { request: { duration: 300 } }), { max: 300, floor: 0, outlives: 0 }],
    ["azure token", planOfKind("azure"), { max: 5400, floor: 3600, outlives: 5400 }],
    ["azure token, nearer", planOfKind("azure", quiet(600)), { max: 5400, floor: 3600, outlives: 4800 }],
    ["azure token, moved inside", planOfKind("azure", quiet(5400)), { max: 5400, floor: 3600, outlives: 0 }],
    // Traded until the end for a day at Microsoft Graph, whatever is issued how early.
    ["azure assertion", handed, { max: 300, floor: 0, outlives: 86_400 }],
    [
      "azure assertion, half an hour before",
      planOfKind("azure", { role: { delivery: "assertion", last_issue_before_end: 1800 } }),
      { max: 300, floor: 0, outlives: 86_400 - 1800 + 300 },
    ],
    ["github", planOfKind("github"), { max: 3600, floor: 3600, outlives: 3600 }],
    ["github, moved inside", planOfKind("github", quiet(3600)), { max: 3600, floor: 3600, outlives: 0 }],
    ["oidc", planOfKind("oidc"), { max: 3600, floor: 0, outlives: 0 }],
  ])("%s", (_, { session }, expected) => {
    expect(session).toEqual({ ...expected, words: expect.stringMatching(/^[A-Z][^\n]+\.$/) as string });
  });

  test("promises no end that an exchange inside the window could break", () => {
    const plans = (quietSeconds: number): readonly Plan[] => [
      planOf(quiet(quietSeconds)),
      planOfKind("gcp", quiet(quietSeconds)),
      planOfKind("gcp", { role: { max_session: 43_200, last_issue_before_end: quietSeconds } }),
      planOfKind("azure", quiet(quietSeconds)),
      planOfKind("github", quiet(quietSeconds)),
      planOfKind("oidc", quiet(quietSeconds)),
    ];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7200 }), fc.integer({ min: 1, max: 20_000 }), (quietSeconds, more) => {
        const left = quietSeconds + more; // the exchange refuses before that
        for (const { data, session } of plans(quietSeconds)) {
          const seconds = lives(data, left);
          expect(seconds - left).toBeLessThanOrEqual(session.outlives);
          expect(seconds).toBeGreaterThanOrEqual(session.floor);
          if (left <= data.duration) expect(seconds).toBeLessThanOrEqual(session.max);
        }
        // Traded at its last second, at Microsoft Graph.
        const { data, session } = planOfKind("azure", {
          role: { delivery: "assertion", last_issue_before_end: quietSeconds },
        });
        expect(lives(data, left) - left + 86_400).toBeLessThanOrEqual(session.outlives);
      }),
      { numRuns: 60 },
    );
  });

  test("says in words what outlives the grant, and the same number as its risk note", () => {
    const tail = ({ risks }: Plan): string => risks.find((risk) => risk.code === "session_tail")?.text ?? "";
    expect(planOfKind("azure", quiet(600)).session.words).toContain("up to 80m past the end of the grant");
    expect(tail(planOfKind("azure", quiet(600)))).toContain("up to 80m past it");
    expect(handed.session.words).toContain("past the end of the grant up to 90m, at Microsoft Graph up to 1d.");
    expect(tail(handed)).toContain("up to 90m past the end, at Microsoft Graph up to 1d.");
    expect(planOfKind("gcp", { role: { max_session: 7200 } }).session.words).toContain(
      "constraints/iam.allowServiceAccountCredentialLifetimeExtension",
    );
    for (const plan of [planOfKind("azure", quiet(5400)), planOfKind("github", quiet(3600)), planOf(quiet(900))]) {
      expect(tail(plan)).toBe("");
      expect(plan.session.words).not.toContain("up to");
    }
  });
});

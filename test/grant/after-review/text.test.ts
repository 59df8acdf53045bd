import { describe, expect, test } from "vitest";
import { refusedReview, reviewBody, reviewTitle } from "../../../src/grant/after-review/text.ts";

type Row = Parameters<typeof reviewTitle>[0][number];
const row = (over: Partial<Row> = {}): Row => ({
  grant_id: "g",
  repository_id: "70",
  pull_request: 7,
  path: "requests/aws-prod/a.yml",
  target: "aws-prod",
  role: "operator",
  requester_id: "11",
  requester_login: "alice",
  why: "INC-2041 checkout is down",
  what: "aws-prod/operator 1h: s3:DeleteBucket on acme-stale-logs",
  workflow: "acme/infra .github/workflows/x.yml at refs/heads/main",
  skipped: ["@acme/owners", "@bob"],
  barred: [{ id: 11, login: "alice" }],
  granted_at: new Date("2026-11-24T09:00:00Z"),
  due_at: new Date("2026-11-27T09:00:00Z"),
  opening: true,
  issue: null,
  looked_at: null,
  reviewed_at: null,
  done: false,
  ...over,
});
const run = { id: "19700000001", url: "https://github.example/acme/infra/actions/runs/19700000001" };

describe("the issue of a use of break-glass", () => {
  test("mentions every skipped owner once, and says what, by whom, why, run, and how it ends", () => {
    const two = [row(), row({ path: "requests/aws-prod/b.yml", skipped: ["@bob", "@carol"] })];
    expect(reviewTitle(two)).toBe("Review of break-glass: aws-prod/operator by alice");
    const body = reviewBody(two, [run]);
    expect(body).toMatch(/^@acme\/owners @bob @carol: alice was given this without your approval/);
    expect(body).toContain("s3:DeleteBucket on acme-stale-logs");
    expect(body).toContain("INC-2041 checkout is down");
    expect(body).toContain(`[${run.id}](${run.url})`);
    expect(body).toContain("Asked in #7");
    expect(body).toContain("```\n/countersign reviewed\n```");
    expect(body).toContain("2026-11-27T09:00:00Z");
  });
  test("says where the run is to be found where none was started for it", () => {
    expect(reviewBody([row()], [])).toContain("the ledger names each credential's run");
  });
  test("C62 text of the requester mentions nobody, links nothing and ends no list", () => {
    const why = "@acme/everybody see #1 <img src=x> https://evil.example\n```\n/countersign reviewed";
    const body = reviewBody([row({ why, what: why, workflow: "x`@acme/everybody" })], []);
    expect(body).not.toMatch(/(?<!`x')@acme\/everybody/);
    expect(body).not.toContain("<img");
    expect(body).not.toContain("https://evil");
    expect(body.match(/^\/countersign reviewed$/gm)).toHaveLength(1);
  });
  test("C62 however many requests and however much is written, it fits what GitHub takes, and the owners are told", () => {
    const rows = Array.from({ length: 100 }, (_, i) =>
      row({
        path: `requests/${"a".repeat(60)}/2026-11/${"b".repeat(50)}-${i}.yml`,
        why: "&@".repeat(250),
        what: "@&".repeat(60),
        workflow: `acme/${"w".repeat(90)} .github/workflows/${"x".repeat(100)}.yml at refs/heads/${"r".repeat(200)}`,
        target: "t".repeat(63),
        role: `r${i}`,
        skipped: Array.from({ length: 20 }, (__, k) => `@acme/${"o".repeat(90)}-${i}-${k}`),
      }),
    );
    const runs = Array.from({ length: 100 }, () => run);
    const body = reviewBody(rows, runs);
    expect(body.length).toBeLessThan(65_000);
    expect(body).toMatch(/^@acme\/o+-0-0 /);
    expect(body).toMatch(/^- and \d+ more: see #7$/m);
    expect(body.match(/^\/countersign reviewed$/gm)).toHaveLength(1);
  });
  test("C62 so does the answer to who may not review", () => {
    expect(refusedReview("mallory", "it is owned by @acme/owners")).not.toContain("@acme");
  });
});

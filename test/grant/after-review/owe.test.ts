import { expect, test } from "vitest";
import { repositoryId, userId } from "../../../src/base/ids.ts";
import { importReview } from "../../../src/grant/after-review/owe.ts";
import type { BreakGlassEntry, ReviewedEntry } from "../../../src/ledger/types.ts";
import { readStanding } from "../../../src/pull-request/standing.ts";
import { entryText, parseEntry } from "../../../src/ledger/index.ts";
import { describeStores } from "../../helpers/stores.ts";

const access = repositoryId(70);
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const used: BreakGlassEntry = {
  v: 1,
  id: uuid(1),
  at: "2026-11-20T09:00:00Z",
  type: "break_glass",
  grant: uuid(2),
  path: "requests/aws-prod/a.yml",
  target: "aws-prod",
  role: "operator",
  pull_request: 7,
  requested_by: { id: 11, login: "alice" },
  why: "INC-2041 checkout is down",
  what: "aws-prod/operator 1h: s3:DeleteBucket on acme-stale-logs",
  workflow: "acme/infra .github/workflows/x.yml at refs/heads/main",
  skipped: ["@acme/owners"],
  may_not_review: [{ id: 11, login: "alice" }],
  review_by: "2026-11-23T09:00:00Z",
};
const reviewed: ReviewedEntry = {
  v: 1,
  id: uuid(3),
  at: "2026-11-24T09:00:00Z",
  type: "reviewed",
  grant: uuid(2),
  path: used.path,
  pull_request: 7,
  issue: 9,
  comment: 1234,
  by: { id: 12, login: "bob" },
};

test("both entries are read back as they were written, and nothing else passes for one", () => {
  for (const entry of [used, reviewed]) expect(parseEntry(entryText(entry))).toEqual(entry);
  expect(() => entryText({ ...used, review_by: "soon" })).toThrow("break_glass: review_by");
  expect(() => entryText({ ...reviewed, by: null } as unknown as ReviewedEntry)).toThrow("reviewed: by");
});

describeStores("a review that is owed", (open) => {
  test("is overdue when its time is over, not before, and survives a restored database by its signed entries", async () => {
    const { db } = await open();
    const overdue = async (now: string) => {
      const clock = { now: () => new Date(now) };
      const of = { repository: access, requester: userId(99) };
      return (await readStanding({ db, clock }, of, { askedByJob: false, decidedBy: null })).overdue;
    };
    const run = (entry: BreakGlassEntry | ReviewedEntry, repository = access) =>
      db.transaction().execute((trx) => importReview(trx, repository, entry));
    await run(used);
    await run(used); // twice changes nothing
    expect(await overdue("2026-11-23T08:59:59Z")).toEqual([]);
    expect(await overdue("2026-11-23T09:00:00Z")).toEqual([{ role: "aws-prod/operator", pullRequest: 7, issue: null }]);
    await run(reviewed, repositoryId(71)); // of another access repo
    expect(await overdue("2026-11-25T09:00:00Z")).toHaveLength(1);
    await run(reviewed);
    expect(await overdue("2026-11-25T09:00:00Z")).toEqual([]);
  });
});

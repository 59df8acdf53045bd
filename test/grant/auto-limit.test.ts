import { expect, test } from "vitest";
import { holdDailyLimit } from "../../src/grant/auto-limit.ts";
import type { Judged } from "../../src/grant/judge-requests.ts";
import { repositoryId, userId } from "../../src/base/ids.ts";
import { readStanding } from "../../src/pull-request/standing.ts";
import type { Db } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";

const now = new Date("2026-11-24T09:00:00Z");
const clock = { now: () => now };
const access = repositoryId(70);
const alice = 11;
const hours = (n: number): Date => new Date(now.getTime() - n * 3_600_000);
const digest = (n: number): string => `sha256:${String(n).padStart(64, "0")}`;

let rows = 0;
interface Had {
  readonly role?: string;
  readonly requester?: number;
  readonly repository?: number;
  readonly rule?: "owners" | "auto_approve";
  readonly at?: Date;
  readonly state?: "active" | "revoked";
}
/** A grant that somebody had. */
async function had(db: Db, o: Had = {}): Promise<void> {
  const n = ++rows;
  const at = o.at ?? hours(1);
  await db
    .insertInto("grant")
    .values({
      id: `grant-${n}`,
      repository_id: o.repository ?? access,
      path: `requests/aws-prod/r${n}.yml`,
      blob: "a".repeat(40),
      blob_sha256: digest(n),
      pull_request: n,
      pull_request_id: n,
      merge_commit: "b".repeat(40),
      decision_key: digest(n),
      policy_digest: digest(0),
      requester_id: o.requester ?? alice,
      requester_login: "alice",
      target: "aws-prod",
      role: o.role ?? "routine",
      plan_version: 1,
      plan: "{}",
      plan_hash: digest(n),
      workflow_repository_id: 74,
      not_before: at,
      expires_at: new Date(at.getTime() + 3_600_000),
      runs: 1,
      state: o.state ?? "active",
      state_reason: null,
      ended_at: o.state === "revoked" ? at : null,
      dispatch_id: null,
      created_at: at,
      rule: o.rule ?? "auto_approve",
    })
    .execute();
}

/** Only what the limit looks at. */
const judged = (rule: "owners" | "auto_approve", role = "routine", most = 2): Judged => {
  const path = { path: `requests/aws-prod/new${++rows}.yml`, target: "aws-prod", name: "new" };
  const request = { path, target: { name: "aws-prod" }, roleName: role, role: { auto_approve: { per_day: most } } };
  return { kind: "grant", rule, requester: { id: alice, login: "alice" }, request: { request } } as unknown as Judged;
};
const kinds = (all: readonly Judged[]): string[] => all.map((one) => (one.kind === "grant" ? "grant" : one.code));

describeStores("the day's number of automatic approvals", (open) => {
  const hold = async (db: Db, all: readonly Judged[]): Promise<string[]> =>
    kinds(await db.transaction().execute((trx) => holdDailyLimit({ clock }, trx, { id: access }, all)));

  test("is held where grants are written: what was decided at the same moment does not pass it", async () => {
    const { db } = await open();
    await had(db);
    expect(await hold(db, [judged("auto_approve")])).toEqual(["grant"]);
    await had(db);
    expect(await hold(db, [judged("auto_approve")])).toEqual(["per_day"]);
  });

  test("all files of one pull request stand or fall together", async () => {
    const { db } = await open();
    await had(db);
    expect(await hold(db, [judged("auto_approve"), judged("auto_approve")])).toEqual(["per_day", "per_day"]);
    expect(await hold(db, [judged("auto_approve", "other"), judged("auto_approve")])).toEqual(["grant", "grant"]);
  });

  test("is no matter of what owners approved", async () => {
    const { db } = await open();
    await had(db);
    await had(db);
    expect(await hold(db, [judged("owners")])).toEqual(["grant"]);
  });

  test("counts this person's of this role here within a day, revoked ones too, and no others", async () => {
    const { db } = await open();
    await had(db, { state: "revoked" });
    await had(db, { at: hours(23.9) });
    await had(db, { at: hours(24) });
    await had(db, { rule: "owners" });
    await had(db, { role: "other" });
    await had(db, { requester: 12 });
    await had(db, { repository: 71 });
    const standing = await readStanding(
      { db, clock },
      { repository: access, requester: userId(alice) },
      { askedByJob: false, decidedBy: null },
    );
    expect(Object.fromEntries(standing.autoApproved)).toEqual({ "aws-prod/other": 1, "aws-prod/routine": 2 });
  });
});

import { expect, test } from "vitest";
import { compareOnce, noLongerOpen } from "../../src/pull-request/shown-requests.ts";
import type { Db } from "../../src/store/index.ts";
import { alice, bob } from "../approval/world.ts";
import { testClock } from "../helpers/clock.ts";
import { describeStores } from "../helpers/stores.ts";
import type { Change } from "../plan/world.ts";
import { decided, evaluated } from "./world.ts";

const { snapshot } = decided().input;
const hash = `sha256:${"0".repeat(64)}`;

async function granted(
  db: Db,
  name: string,
  at: string,
  change: Change = {},
  state: "active" | "quarantined" = "active",
) {
  const { plan } = await evaluated(change);
  await db
    .insertInto("grant")
    .values({
      id: name,
      repository_id: 10,
      path: `requests/aws-prod/${name}.yml`,
      blob: "d".repeat(40),
      blob_sha256: hash,
      pull_request: 3,
      pull_request_id: 77,
      merge_commit: "b".repeat(40),
      decision_key: hash,
      policy_digest: hash,
      requester_id: bob.id,
      requester_login: "bob",
      target: "aws-prod",
      role: "operator",
      plan_version: 1,
      plan: plan.text,
      plan_hash: plan.hash,
      workflow_repository_id: 20,
      not_before: new Date(at),
      expires_at: new Date(Date.parse(at) + 3_600_000),
      runs: 1,
      state,
      state_reason: null,
      ended_at: state === "active" ? null : new Date(at),
      dispatch_id: null,
      created_at: new Date(at),
    })
    .execute();
}

describeStores("what a page says of the past", (open) => {
  const start = async () => {
    const { db } = await open();
    const deps = { db, clock: testClock() };
    const path = (await evaluated()).request.path.path;
    const words = async (change: Change = {}, of = snapshot) =>
      ((await compareOnce(deps, of, [await evaluated(change)])).get(path) ?? []).map((one) =>
        [one.words, ...one.items].join(" "),
      );
    return { db, deps, words };
  };

  test("is read from our own grants: the last of the role, from the newest", async () => {
    const { db, words } = await start();
    await granted(db, "older", "2026-11-01T09:00:00Z");
    await granted(db, "newest", "2026-11-20T09:00:00Z", { request: { duration: 1800 } });
    await granted(db, "never-issued", "2026-11-21T09:00:00Z", {}, "quarantined");
    expect(await words()).toEqual([
      "Different from the last grant of this role (requests/aws-prod/newest.yml, pull request 3, to bob on 2026-11-20): Longer: 1h instead of 30m.",
      "Worth a look: alice had this role never before.",
    ]);
  });

  test("stays as it was said first, as long as the plan does: what is granted meanwhile changes nothing on the page", async () => {
    const { db, words } = await start();
    expect(await words()).toEqual(["First grant of this role."]);
    await granted(db, "meanwhile", "2026-11-23T09:10:00Z");
    expect(await words()).toEqual(["First grant of this role."]);
    expect(await words({ request: { reason: "Another reason than before" } })).toEqual(["First grant of this role."]);
    // Another plan is compared anew.
    expect((await words({ request: { duration: 7200 } }))[0]).toContain("Longer: 2h instead of 1h.");
  });

  test("the workflow file is compared with the last approved one of any role, found by its path", async () => {
    const { db, words } = await start();
    await granted(db, "other-file", "2026-11-21T09:00:00Z", { binding: { file: ".github/workflows/x.yml" } });
    await granted(db, "same-file", "2026-11-20T09:00:00Z", { workflow: { blob: "1".repeat(40) as never } });
    expect((await words()).at(-1)).toContain(
      "The workflow file has changed since it was last approved (pull request 3, 2026-11-20): version dddddddddddd instead of 111111111111.",
    );
  });

  test("writes nothing where nothing differs", async () => {
    const { db, words } = await start();
    await words();
    const before = await db.selectFrom("page_request").selectAll().execute();
    await db.updateTable("page_request").set({ body: "untouched" }).execute();
    await words();
    expect(await db.selectFrom("page_request").select("body").execute()).toEqual([{ body: "untouched" }]);
    expect(before).toMatchObject([{ requester_login: "alice", workflow_repository: "acme/infra", is_open: true }]);
    expect(alice.login).toBe("alice");
  });

  test("what is no longer asked for is forgotten; what is over is no longer open, and open again where it is reopened", async () => {
    const { db, deps, words } = await start();
    const other = "requests/aws-prod/2026-11/other.yml";
    await compareOnce(deps, snapshot, [await evaluated(), await evaluated({}, other)]);
    await words();
    const rows = () => db.selectFrom("page_request").select(["path", "is_open"]).execute();
    expect(await rows()).toEqual([{ path: "requests/aws-prod/2026-11/delete-stale-logs.yml", is_open: true }]);
    await noLongerOpen(db, 10, 7);
    expect(await rows()).toMatchObject([{ is_open: false }]);
    await words();
    expect(await rows()).toMatchObject([{ is_open: true }]);
  });
});

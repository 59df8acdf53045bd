import { beforeEach, expect, test } from "vitest";
import { commitSha, type RunId, runId } from "../../src/base/ids.ts";
import type { DispatchResult, GitHub, Run } from "../../src/github/types.ts";
import { cancelRevokedRun, dispatchRun, type GrantDeps } from "../../src/grant/index.ts";
import type { Issuer } from "../exchange/issuer.ts";
import { startWorld, type World } from "../exchange/world.ts";
import { describeStores } from "../helpers/stores.ts";
import { access } from "../recorder/world.ts";
import { bot, Conversation, server } from "./comments/world.ts";

/** What GitHub's Actions do for a dispatch, and what happens meanwhile. */
class Actions extends Conversation implements Pick<GitHub, "dispatch" | "workflowRuns"> {
  runs: RunId[] = [];
  sent = 0;
  lose = 0;
  whileListing: () => Promise<unknown> = async () => undefined;
  whileSending: () => Promise<unknown> = async () => undefined;
  async dispatch(): Promise<DispatchResult> {
    this.sent++;
    const run = runId(4711 + this.runs.length);
    this.runs.push(run);
    await this.whileSending();
    if (this.lose-- > 0) throw new Error("the answer was lost");
    return { kind: "run", runId: run };
  }
  async workflowRuns(): Promise<readonly Run[]> {
    await this.whileListing();
    const at = { attempt: 1, event: "workflow_dispatch", status: "queued", createdAt: new Date(0) };
    const by = { actor: bot, triggeringActor: bot, headSha: commitSha("1".padStart(40, "0")) };
    return this.runs.filter((id) => !this.cancelled.includes(id)).map((id) => ({ id, ...at, ...by }));
  }
}

describeStores("a dispatch whose grant is revoked", (open) => {
  let world: World;
  let actions: Actions;
  let deps: GrantDeps;
  let enqueued: readonly string[];
  beforeEach(async () => {
    world = await startWorld((await open()).db, { url: "https://issuer.example" } as Issuer);
    actions = new Actions(world.github.policy);
    ({ deps, enqueued } = server(world.db, actions, world.recorder, world.time, {
      config: { publicUrl: "", webUrl: "", frozen: [] },
    }));
    const { db, time } = world;
    await db
      .insertInto("dispatch")
      .values({
        id: "d",
        repository_id: access.id,
        workflow_repository_id: 74,
        workflow_repository: "acme/infra",
        file: ".github/workflows/x.yml",
        ref: "refs/heads/main",
        inputs: "{}",
        state: "pending",
        sent_at: null,
        run_id: null,
        reason: null,
        attempts: 0,
        created_at: time.now,
      })
      .execute();
    await db.updateTable("grant").set({ dispatch_id: "d" }).execute();
  });
  const revoke = () => world.db.updateTable("grant").set({ state: "revoked", ended_at: world.time.now }).execute();
  const row = () => world.db.selectFrom("dispatch").selectAll().executeTakeFirstOrThrow();

  test("C59 revoked before: nothing is started", async () => {
    await revoke();
    await dispatchRun(deps, "d");
    expect(actions.sent).toBe(0);
    expect(await row()).toMatchObject({ state: "failed", reason: "grant_ended" });
  });

  test("C59 revoked between the look at the grant and the call: nothing is started", async () => {
    actions.whileListing = revoke;
    await expect(dispatchRun(deps, "d")).rejects.toMatchObject({ code: "dispatch_raced" });
    expect(actions.sent).toBe(0);
    await dispatchRun(deps, "d");
    expect(actions.sent).toBe(0);
    expect(await row()).toMatchObject({ state: "failed", reason: "grant_ended" });
  });

  test("C59 revoked while GitHub is asked: the run is bound, nobody exchanges under it, and it is cancelled", async () => {
    actions.whileSending = revoke;
    await dispatchRun(deps, "d");
    expect(await row()).toMatchObject({ state: "bound", run_id: "4711" });
    expect(enqueued).toContain("cancel:d");
    await cancelRevokedRun(deps, "d");
    expect(actions.cancelled).toEqual([4711]);
  });

  test("C59 revoked after an answer that was lost: the run that it may have started is cancelled, no other is started", async () => {
    actions.lose = 1;
    await expect(dispatchRun(deps, "d")).rejects.toThrow("lost");
    await revoke();
    await dispatchRun(deps, "d");
    expect(actions.sent).toBe(1);
    expect(actions.cancelled).toEqual([4711]);
    expect(await row()).toMatchObject({ state: "failed", reason: "grant_ended" });
  });

  test("a run whose grant lives is not cancelled by being bound", async () => {
    await dispatchRun(deps, "d");
    await cancelRevokedRun(deps, "d");
    expect(actions.cancelled).toEqual([]);
  });
});

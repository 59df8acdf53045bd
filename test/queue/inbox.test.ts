import { pino } from "pino";
import { expect, it } from "vitest";
import { createInbox, createQueue, type Hint, inboxKey } from "../../src/queue/index.ts";
import type { Store } from "../../src/store/index.ts";
import { testClock } from "../helpers/clock.ts";
import { describeStores } from "../helpers/stores.ts";

const log = pino({ level: "silent" });
const push = (id: string) => ({
  id,
  event: "push",
  payload: JSON.stringify({ ref: "refs/heads/main", repository: { id: 7 } }),
});

function world(store: Store) {
  const clock = testClock();
  const state = { fail: false, ran: [] as string[] };
  const route = (hint: Hint): readonly string[] => {
    if (state.fail) throw new Error("cannot route");
    return [`access-repo:${hint.repositoryId}`];
  };
  const queue = createQueue({
    db: store.db,
    clock,
    log,
    handlers: async (key) => (key === inboxKey ? inbox.drain() : void state.ran.push(key)),
  });
  const inbox = createInbox({ db: store.db, clock, log, enqueue: queue.enqueue, route });
  const rows = () => store.db.selectFrom("delivery").selectAll().orderBy("id").execute();
  return { clock, state, queue, inbox, rows };
}

describeStores("the webhook inbox", (open) => {
  it("C02: ignores a replayed delivery that is done, and keeps nothing of its body", async () => {
    const { inbox, queue, state, rows } = world(await open());
    expect(await inbox.receive(push("d1"))).toBe("stored");
    await queue.idle();
    expect(await rows()).toMatchObject([{ status: "done", payload: "", repository_id: "7" }]);
    expect(await inbox.receive(push("d1"))).toBe("known");
    await queue.idle();
    expect(state.ran).toEqual(["access-repo:7"]);
  });

  it("C02: ignores a replayed delivery that still waits", async () => {
    const { inbox, queue, state } = world(await open());
    await Promise.all([inbox.receive(push("d1")), inbox.receive(push("d1")), inbox.receive(push("d1"))]);
    await queue.idle();
    expect(state.ran).toEqual(["access-repo:7"]);
  });

  it("C02: tries a replayed delivery that failed again, at once", async () => {
    const { inbox, queue, state, rows } = world(await open());
    state.fail = true;
    await inbox.receive(push("d1"));
    await queue.idle();
    expect(await rows()).toMatchObject([{ status: "failed", attempts: 1 }]);
    state.fail = false;
    expect(await inbox.receive(push("d1"))).toBe("again");
    await queue.idle();
    expect(state.ran).toEqual(["access-repo:7"]);
    expect(await rows()).toMatchObject([{ status: "done" }]);
  });

  it("C03: tries a failed delivery again by itself, and lets it hold up no other", async () => {
    const { inbox, queue, state, rows, clock } = world(await open());
    await inbox.receive({ id: "bad", event: "push", payload: "{" });
    await inbox.receive(push("good"));
    await queue.idle();
    expect(state.ran).toEqual(["access-repo:7"]);
    for (let i = 0; i < 20; i++) {
      clock.advance(60);
      await queue.idle();
    }
    expect(await rows()).toMatchObject([
      { id: "bad", status: "failed", attempts: 8 },
      { id: "good", status: "done" },
    ]);
  });

  it("C03: makes the same jobs of events in any order, lost or doubled, since none of them carries a fact", async () => {
    const { inbox, queue, state } = world(await open());
    const event = (id: string, action: string) => ({
      id,
      event: "pull_request",
      payload: JSON.stringify({ action, repository: { id: 7 }, pull_request: { number: 3, head: { sha: id } } }),
    });
    await queue.idle();
    for (const [id, action] of [
      ["c", "closed"],
      ["a", "opened"],
      ["b", "synchronize"],
      ["a", "opened"],
    ] as const)
      await inbox.receive(event(id, action));
    await queue.idle();
    expect(state.ran).toEqual(["access-repo:7"]);
  });

  it("C04: reconciles what our own bot caused like anything else", async () => {
    const { inbox, queue, state } = world(await open());
    const payload = JSON.stringify({ repository: { id: 7 }, sender: { type: "Bot", login: "countersign[bot]" } });
    await inbox.receive({ id: "own", event: "pull_request", payload });
    await queue.idle();
    expect(state.ran).toEqual(["access-repo:7"]);
  });

  it("C46: stores neither delivery nor job where the transaction fails", async () => {
    const store = await open();
    const clock = testClock();
    const enqueue = () => Promise.reject(new Error("database is away"));
    const inbox = createInbox({ db: store.db, clock, log, enqueue, route: () => [] });
    await expect(inbox.receive(push("d1"))).rejects.toThrow("away");
    expect(await store.db.selectFrom("delivery").selectAll().execute()).toEqual([]);
  });

  it("forgets what GitHub cannot send again", async () => {
    const { inbox, queue, rows, clock } = world(await open());
    await inbox.receive(push("d1"));
    await queue.idle();
    clock.advance(8 * 86_400);
    expect(await inbox.prune()).toBe(1);
    expect(await rows()).toEqual([]);
  });
});

import { expect, it } from "vitest";
import { type Lease, withLease } from "../../src/store/index.ts";
import { acquireLease, releaseLease, renewLease } from "../../src/store/lease.ts";
import { testClock } from "../helpers/clock.ts";
import { describeStores } from "../helpers/stores.ts";

describeStores("a lease", (open) => {
  it("excludes everybody else, over two connections too, until it is released", async () => {
    const [one, two] = [await open(), await open()];
    const clock = testClock();
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
      return true;
    };
    const stores = Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two));
    const results = await Promise.all(stores.map((store) => withLease(store.db, clock, "x", 60, work)));
    expect(most).toBe(1);
    expect(results.filter(Boolean).length).toBeGreaterThan(0); // who came after the release got it as well
    expect(await withLease(one.db, clock, "x", 60, work)).toBe(true);
    expect(await one.db.selectFrom("lease").selectAll().execute()).toEqual([]);
  });

  it("does not call the function where it is held", async () => {
    const { db } = await open();
    const clock = testClock();
    const inner = await withLease(db, clock, "x", 60, () =>
      withLease(db, clock, "x", 60, () => Promise.reject(new Error("called"))).then((r) => [r]),
    );
    expect(inner).toEqual([undefined]);
  });

  it("of a holder that crashed ends by itself; the late holder can neither renew nor release the next one's", async () => {
    const { db } = await open();
    const clock = testClock();
    const crashed = await acquireLease(db, clock, "x", 60);
    clock.advance(59);
    expect(await acquireLease(db, clock, "x", 60)).toBeUndefined();
    clock.advance(1);
    const next = await acquireLease(db, clock, "x", 60);
    expect(next).toBeDefined();
    expect(await renewLease(db, clock, "x", crashed ?? "", 60)).toBe(false);
    expect(await releaseLease(db, "x", crashed ?? "")).toBe(false);
    expect(await releaseLease(db, "x", next ?? "")).toBe(true);
  });

  it("is released when the function throws, and the error passes", async () => {
    const { db } = await open();
    const clock = testClock();
    await expect(withLease(db, clock, "x", 60, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withLease(db, clock, "x", 60, async () => 1)).toBe(1);
  });

  it("C46: of a holder whose database was away when it was done is released once that is back; the result does not wait", async () => {
    const { db } = await open();
    const clock = testClock();
    let away = true;
    const moody = db.withPlugin({
      transformQuery: ({ node }) => {
        if (away && node.kind === "DeleteQueryNode") throw new Error("away");
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    expect(await withLease(moody, clock, "x", 60, async () => 1)).toBe(1);
    expect(await acquireLease(db, clock, "x", 60)).toBeUndefined();
    away = false;
    await expect.poll(() => acquireLease(db, clock, "x", 60)).toBeDefined();
  });

  it("is renewed while the function runs, and tells when it is lost", async () => {
    const { db } = await open();
    const clock = testClock();
    const until = async () => (await db.selectFrom("lease").select("until").executeTakeFirstOrThrow()).until.getTime();
    await withLease(db, clock, "x", 0.06, async (lease: Lease) => {
      const first = await until();
      clock.advance(0.05);
      await expect.poll(until).toBeGreaterThan(first);
      clock.advance(0.05); // 0.1 s after the start: over, had it not been renewed
      expect(await acquireLease(db, clock, "x", 60)).toBeUndefined();
      expect(lease.signal.aborted).toBe(false);
      await db.updateTable("lease").set({ token: "somebody else's" }).execute();
      await expect.poll(() => lease.signal.aborted).toBe(true);
    });
    expect(await db.selectFrom("lease").select("token").execute()).toEqual([{ token: "somebody else's" }]);
  });
});

import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { RetryLater } from "../../src/base/errors.ts";
import { createQueue, enqueueJob, type Queue, type QueueOptions } from "../../src/queue/index.ts";
import { claimJob } from "../../src/queue/jobs.ts";
import type { Db } from "../../src/store/index.ts";
import { testClock } from "../helpers/clock.ts";
import { describeStores } from "../helpers/stores.ts";

const log = pino({ level: "silent" });
const queues: Queue[] = [];
afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.stop();
});
function make(options: Pick<QueueOptions, "db" | "handlers"> & Partial<QueueOptions>): Queue {
  const queue = createQueue({ clock: testClock(), log, ...options });
  queues.push(queue);
  return queue;
}
const jobs = (db: Db) => db.selectFrom("job").selectAll().orderBy("key").execute();
const pause = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (condition: () => boolean) => {
  while (!condition()) await pause();
};

describeStores("the queue", (open) => {
  it("C03: turns many events for one key into one run, and leaves nothing behind", async () => {
    const { db } = await open();
    const ran: string[] = [];
    const queue = make({ db, handlers: async (key) => void ran.push(key) });
    await Promise.all(Array.from({ length: 20 }, (_, i) => queue.enqueue(`pull-request:1:${i % 2}`)));
    await queue.idle();
    expect(ran.sort()).toEqual(["pull-request:1:0", "pull-request:1:1"]);
    expect(await jobs(db)).toEqual([]);
    expect(await db.selectFrom("lease").selectAll().execute()).toEqual([]);
  });

  it("C03: an event during a run causes another run, and never two at once", async () => {
    const { db } = await open();
    let runs = 0;
    let inside = 0;
    let most = 0;
    const queue = make({
      db,
      handlers: async (key) => {
        most = Math.max(most, ++inside);
        if (++runs === 1) for (let i = 0; i < 3; i++) await queue.enqueue(key);
        await pause();
        inside--;
      },
    });
    await queue.enqueue("k");
    await queue.idle();
    expect([runs, most]).toEqual([2, 1]);
    expect(await jobs(db)).toEqual([]);
  });

  it("runs different keys in parallel, but not more than it may", async () => {
    const { db } = await open();
    let inside = 0;
    let most = 0;
    const full = Promise.withResolvers<void>();
    const queue = make({
      db,
      concurrency: 3,
      handlers: async () => {
        most = Math.max(most, ++inside);
        if (inside === 3) full.resolve();
        await Promise.race([full.promise, pause(10_000)]); // however slow the machine: three at once, or never
        await pause(20);
        inside--;
      },
    });
    for (let i = 0; i < 9; i++) await queue.enqueue(`k${i}`);
    await queue.idle();
    expect(most).toBe(3);
  });

  it("runs one job per key over all replicas", async () => {
    const [one, two] = [await open(), await open()];
    const clock = testClock();
    const inside = new Map<string, number>();
    let overlaps = 0;
    let runs = 0;
    const handlers = async (key: string) => {
      const count = (inside.get(key) ?? 0) + 1;
      inside.set(key, count);
      if (count > 1) overlaps++;
      runs++;
      await pause(2);
      inside.set(key, count - 1);
    };
    const replicas = [one, two].map((store) => make({ db: store.db, clock, handlers, pollMilliseconds: 10 }));
    for (const replica of replicas) await replica.start();
    for (let i = 0; i < 60; i++) await replicas[i % 2]?.enqueue(`k${i % 3}`);
    await Promise.all(replicas.map((replica) => replica.idle()));
    expect(overlaps).toBe(0);
    expect(runs).toBeGreaterThan(2);
    for (const replica of replicas) await replica.stop();
    expect(await jobs(one.db)).toEqual([]);
  });

  it("C58: a run that crashed is taken over when its lease ends, not before", async () => {
    const [one, two] = [await open(), await open()];
    const clock = testClock();
    await enqueueJob(one.db, clock, "k");
    await claimJob(one.db, clock, { key: "k", abandoned: false }, 60); // and the process is gone
    let runs = 0;
    const queue = make({ db: two.db, clock, handlers: async () => void runs++ });
    await queue.enqueue("k", new Date(clock.now().getTime() + 3_600_000)); // nobody needs it soon
    await queue.idle();
    expect(runs).toBe(0);
    clock.advance(60);
    await queue.idle();
    expect(runs).toBe(1);
  });

  it("a run that outlived its lease neither ends nor fails the run that took over", async () => {
    const { db } = await open();
    const clock = testClock();
    let taken: unknown;
    const queue = make({
      db,
      clock,
      handlers: async (key) => {
        clock.advance(61);
        taken = await claimJob(db, clock, { key, abandoned: true }, 60);
      },
    });
    await queue.enqueue("k");
    await queue.idle();
    expect(taken).toMatchObject({ key: "k" });
    expect(await jobs(db)).toMatchObject([{ key: "k", attempts: 0 }]);
    expect(await db.selectFrom("lease").select("token").execute()).toMatchObject([
      { token: (taken as { token: string }).token },
    ]);
  });

  it("tries a failed job again after a growing time, and an event meanwhile brings it forward", async () => {
    const { db } = await open();
    const clock = testClock();
    let fail = true;
    let runs = 0;
    const queue = make({
      db,
      clock,
      handlers: async () => {
        runs++;
        if (fail)
          throw new Error(
            "no head yet; sent Authorization: bearer abcdef and ghs_16C7e42F292c6912E7710c838347Ae178B4a",
          );
      },
    });
    await queue.enqueue("k");
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      await queue.idle();
      const [job] = await jobs(db);
      const wait = ((job?.run_at.getTime() ?? 0) - clock.now().getTime()) / 1000;
      expect(wait).toBeGreaterThanOrEqual(seconds * 0.74);
      expect(wait).toBeLessThanOrEqual(seconds);
      clock.advance(seconds);
    }
    await queue.idle();
    expect(runs).toBe(9);
    const [job] = await jobs(db);
    expect(job).toMatchObject({ attempts: 9 });
    expect(job?.last_error).toBe("Error: no head yet; sent Authorization: bearer [secret] and [secret]");
    fail = false;
    await queue.enqueue("k");
    clock.advance(1);
    await queue.idle();
    expect(runs).toBe(10);
    expect(await jobs(db)).toEqual([]);
  });

  it("waits as long as the other side said, whatever happens meanwhile", async () => {
    const { db } = await open();
    const clock = testClock();
    let runs = 0;
    const queue = make({
      db,
      clock,
      handlers: async () => {
        if (++runs === 1) throw new RetryLater("rate_limited", "GitHub says wait", { after: 120 });
      },
    });
    await queue.enqueue("k");
    await queue.idle();
    clock.advance(119);
    await queue.enqueue("k");
    await queue.idle();
    expect(runs).toBe(1);
    clock.advance(1);
    await queue.idle();
    expect(runs).toBe(2);
  });

  it("keeps a later time that a handler asks for, and runs once then", async () => {
    const { db } = await open();
    const clock = testClock();
    let runs = 0;
    const queue = make({
      db,
      clock,
      handlers: async (key) => {
        if (++runs === 1) await queue.enqueue(key, new Date(clock.now().getTime() + 3_600_000));
      },
    });
    await queue.enqueue("k");
    await queue.idle();
    clock.advance(3599);
    await queue.idle();
    expect(runs).toBe(1);
    clock.advance(1);
    await queue.idle();
    expect(runs).toBe(2);
    expect(await jobs(db)).toEqual([]);
  });

  it("enqueues with the transaction that needs it: not at all when it fails, soon after when it commits", async () => {
    const { db } = await open();
    const ran: string[] = [];
    const queue = make({ db, handlers: async (key) => void ran.push(key), pollMilliseconds: 60_000 });
    await queue.start();
    const failing = db.transaction().execute(async (trx) => {
      await queue.enqueue("lost", undefined, trx);
      throw new Error("roll back");
    });
    await expect(failing).rejects.toThrow("roll back");
    await db.transaction().execute((trx) => queue.enqueue("kept", undefined, trx));
    const from = performance.now();
    await until(() => ran.length > 0);
    expect(performance.now() - from).toBeLessThan(400);
    await queue.idle();
    expect(ran).toEqual(["kept"]);
  });

  it("starts at once what this process enqueues", async () => {
    const { db } = await open();
    const clock = testClock();
    const ran: string[] = [];
    // The next look at the table is further away than the test's patience.
    const queue = make({ db, clock, handlers: async (key) => void ran.push(key), pollMilliseconds: 600_000 });
    await queue.start();
    await queue.idle();
    await queue.enqueue("own");
    await until(() => ran.includes("own"));
  });

  it("finds by polling what another process enqueued", async () => {
    const [one, two] = [await open(), await open()];
    const clock = testClock();
    const ran: string[] = [];
    const queue = make({ db: one.db, clock, handlers: async (key) => void ran.push(key) });
    await queue.start();
    await enqueueJob(two.db, clock, "other");
    await until(() => ran.includes("other"));
  });

  it("sweeps at the start and then at its interval, one replica at a time", async () => {
    const [one, two] = [await open(), await open()];
    const clock = testClock();
    let sweeps = 0;
    const handlers = async (key: string) => void (key === "sweep" && sweeps++);
    const options = { clock, handlers, sweepEverySeconds: 300, pollMilliseconds: 60_000 };
    const replicas = [one, two].map((store) => make({ db: store.db, ...options }));
    for (const replica of replicas) {
      await replica.start();
      await replica.idle();
    }
    const first = sweeps; // one at each start, or one for both
    expect([1, 2]).toContain(first);
    clock.advance(299);
    for (const replica of replicas) await replica.idle();
    expect(sweeps).toBe(first);
    clock.advance(1);
    await Promise.all(replicas.map((replica) => replica.idle()));
    expect(sweeps).toBe(first + 1);
  });

  it("stops only when what runs is done, and takes nothing new", async () => {
    const { db } = await open();
    let done = 0;
    const began = Promise.withResolvers<void>();
    const queue = make({
      db,
      handlers: async () => {
        began.resolve();
        await pause(30);
        done++;
      },
    });
    await queue.start();
    await queue.enqueue("a");
    await began.promise;
    await queue.stop();
    expect(done).toBe(1);
    await queue.enqueue("b");
    await pause(20);
    expect(done).toBe(1);
    expect(await jobs(db)).toMatchObject([{ key: "b" }]);
  });
});

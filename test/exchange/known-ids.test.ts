import { expect, test } from "vitest";
import { KnownIds } from "../../src/exchange/known-ids.ts";

/** A database in which 42 is known, and which answers when it is let. */
function slowDatabase() {
  const answer = Promise.withResolvers<void>();
  let asked = 0;
  const ids = new KnownIds(async () => {
    asked++;
    await answer.promise;
    return new Set([42]);
  });
  return { ids, answer: () => answer.resolve(), asked: () => asked };
}

// A server that was killed comes back with an empty index. A job that knocks while the first reconcile fills it was told
// `access_denied`, which no Action tries again (C58).
test.each(["a reconcile", "another job"])(
  "C58: a job that comes while %s reads waits for what it finds",
  async (who) => {
    const { ids, answer, asked } = slowDatabase();
    const first = who === "a reconcile" ? ids.refresh() : ids.has(42);
    const job = ids.has(42);
    const stranger = ids.has(7);
    answer();
    await first;
    expect(await job).toBe(true);
    expect(await stranger).toBe(false);
    // Strangers cost one look a second.
    expect(await ids.has(8)).toBe(false);
    expect(asked()).toBe(1);
  },
);

test("what is known costs nothing, and strangers cause one look a second together", async () => {
  const { ids, answer, asked } = slowDatabase();
  answer();
  await ids.refresh();
  for (let i = 0; i < 100; i++) expect(await ids.has(i === 50 ? 42 : 1000 + i)).toBe(i === 50);
  expect(asked()).toBe(1);
});

test("a look that fails is the caller's error, and the next one looks again", async () => {
  let fails = true;
  const ids = new KnownIds(async () => {
    if (fails) throw new Error("away");
    return new Set([42]);
  });
  await expect(ids.has(42)).rejects.toThrow("away");
  fails = false;
  await ids.refresh();
  expect(await ids.has(42)).toBe(true);
});

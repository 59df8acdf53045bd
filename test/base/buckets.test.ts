import { array, assert, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { Buckets } from "../../src/base/buckets.ts";

test("a burst is let in, then so many a second; who is too early hears when", () => {
  const buckets = new Buckets({ burst: 3, perSecond: 2 });
  expect([1, 2, 3].map(() => buckets.take("a", 0))).toEqual([0, 0, 0]);
  expect(buckets.take("a", 0)).toBe(0.5);
  expect(buckets.take("a", 400)).toBeCloseTo(0.1);
  expect(buckets.take("a", 500)).toBe(0);
  expect(buckets.take("b", 500)).toBe(0);
  expect([1, 2, 3, 4].map(() => buckets.take("a", 60_000) === 0)).toEqual([true, true, true, false]);
});

test("what costs more is paid later, down to one burst of debt", () => {
  const buckets = new Buckets({ burst: 10, perSecond: 1 });
  buckets.charge("a", 0, 1000);
  expect(buckets.take("a", 0)).toBe(11);
  expect(buckets.take("a", 10_900)).toBeCloseTo(0.1);
  expect(buckets.take("a", 11_000)).toBe(0);
});

test("senders without end take no memory without end; the busiest are remembered", () => {
  const buckets = new Buckets({ burst: 1, perSecond: 0.001 }, 100);
  expect(buckets.take("busy", 0)).toBe(0);
  for (let i = 0; i < 10_000; i++) {
    buckets.take(i, i);
    expect(buckets.take("busy", i)).toBeGreaterThan(0);
  }
  expect(buckets.take(0, 10_000)).toBe(0); // forgotten long ago
});

test("never more than the burst and what time brought, whatever the order of calls", () => {
  assert(
    property(array(nat({ max: 300 }), { maxLength: 200 }), (steps) => {
      const buckets = new Buckets({ burst: 5, perSecond: 10 });
      let now = 0;
      let taken = 0;
      for (const step of steps) {
        now += step;
        if (buckets.take("a", now) === 0) taken++;
      }
      expect(taken).toBeLessThanOrEqual(5 + now / 100);
    }),
  );
});

test("a clock that was set back takes nothing away, and brings nothing until it goes on", () => {
  const buckets = new Buckets({ burst: 2, perSecond: 1 });
  expect(buckets.take("a", 3_600_000)).toBe(0);
  expect(buckets.take("a", 0)).toBe(0);
  expect(buckets.take("a", 0)).toBe(1);
  expect(buckets.take("a", 1000)).toBe(0);
});

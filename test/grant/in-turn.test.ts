import { expect, test } from "vitest";
import { inTurn } from "../../src/grant/in-turn.ts";

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 23) + minutes * 60_000);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i * 7 + 1);

test("a few pull requests are read by every sweep, each once", () => {
  expect(inTurn([3, 1, 2, 3], at(0))).toEqual([1, 2, 3]);
  expect(inTurn(numbers(10), at(1))).toEqual(numbers(10));
  expect(inTurn([], at(0))).toEqual([]);
});

test("of many no sweep reads more than ten, and each has its turn", () => {
  for (const count of [11, 95, 1000]) {
    const turns = Array.from({ length: Math.ceil(count / 10) }, (_, minute) => inTurn(numbers(count), at(minute)));
    expect(Math.max(...turns.map((turn) => turn.length))).toBeLessThanOrEqual(10);
    expect(turns.flat().sort((a, b) => a - b)).toEqual(numbers(count));
  }
});

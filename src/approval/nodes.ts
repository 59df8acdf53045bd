import type { Explanation } from "./types.ts";

/** A check that must hold before reviews are looked at, and what it means when it does not. */
export interface Gate {
  readonly node: Explanation;
  readonly fails: "denied" | "retry";
}

export const leaf = (ok: boolean, rule: string, text: string): Explanation => ({ ok, rule, text, children: [] });

export const branch = (rule: string, text: string, children: readonly Explanation[]): Explanation => ({
  ok: children.every((child) => child.ok),
  rule,
  text,
  children,
});

/** One check as a gate: `good` is said where it holds, `bad` where it does not. */
export const gate = (rule: string, ok: boolean, good: string, bad: string, fails: Gate["fails"] = "denied"): Gate => ({
  node: leaf(ok, rule, ok ? good : bad),
  fails,
});

/** `1 approval`, `2 approvals`. */
export const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;

/** `a`, `a and b`, `a, b and c`. */
export function listOf(names: readonly string[]): string {
  const last = names.at(-1);
  return last === undefined ? "nobody" : names.length === 1 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

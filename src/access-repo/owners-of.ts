import { compilePattern, keysOf, loopCost, type PathPattern, patternFits } from "./codeowners-pattern.ts";
import type { Codeowners, CodeownersRule } from "./types.ts";

/** Patterns beside the rules of a file, and the rule numbers, rising, that each key of `keysOf` may decide. */
interface Index {
  readonly patterns: readonly (PathPattern | undefined)[];
  readonly byKey: ReadonlyMap<string, readonly number[]>;
  /** The last answer: all roles of a target ask about one path. */
  last?: { readonly path: string; readonly rule: CodeownersRule | undefined };
}
// By file, not by rule: a WeakMap of a million rules alone cost ten seconds.
const indexes = new WeakMap<Codeowners, Index>();

/** The parser has compiled the patterns already, to see whether GitHub takes them. */
export function rememberPatterns(codeowners: Codeowners, patterns: readonly PathPattern[]): Codeowners {
  indexes.set(codeowners, indexBy(patterns));
  return codeowners;
}

function indexBy(patterns: readonly (PathPattern | undefined)[]): Index {
  const byKey = new Map<string, number[]>();
  for (const [i, pattern] of patterns.entries()) {
    if (pattern === undefined) continue;
    const list = byKey.get(pattern.key);
    if (list) list.push(i);
    else byKey.set(pattern.key, [i]);
  }
  return { patterns, byKey };
}

function indexOf(codeowners: Codeowners): Index {
  const known = indexes.get(codeowners);
  if (known) return known;
  const index = indexBy(
    codeowners.rules.map((rule) => {
      const compiled = compilePattern(rule.pattern);
      return "refused" in compiled ? undefined : compiled;
    }),
  );
  indexes.set(codeowners, index);
  return index;
}

/** The lists of rules, by number, that may take a path; no rule is in two of them, so that none is tried twice. */
export function candidates(codeowners: Codeowners, segments: readonly string[]): readonly (readonly number[])[] {
  const { byKey } = indexOf(codeowners);
  return Array.from(keysOf(segments), (key) => byKey.get(key) ?? []);
}

/** How many more rules may be tried, and characters of names with several wildcards; below nought nothing is found any more. */
export interface Lookups {
  left: number;
}

/**
 * The rule that decides about a path: the last that matches (GitHub). Undefined where none does; empty `owners` where the
 * rule leaves the path unowned. Both mean that nobody can approve. `path` is as git has it, without a leading slash.
 */
export function ownersOf(
  codeowners: Codeowners,
  path: string,
  lookups: Lookups = { left: Number.POSITIVE_INFINITY },
): CodeownersRule | undefined {
  const index = indexOf(codeowners);
  if (index.last?.path === path) return index.last.rule;
  const { patterns } = index;
  const segments = path.split("/");
  let best = -1;
  for (const list of candidates(codeowners, segments)) {
    for (let i = list.length - 1; i >= 0; i--) {
      const number = list[i] ?? -1;
      if (number <= best) break;
      const pattern = patterns[number];
      if (pattern !== undefined) lookups.left -= 1 + loopCost(pattern);
      if (lookups.left < 0) return undefined;
      if (pattern !== undefined && patternFits(pattern, segments)) best = number;
    }
  }
  const rule = codeowners.rules[best];
  index.last = { path, rule };
  return rule;
}

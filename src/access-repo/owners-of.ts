import { compilePattern, type PathPattern, patternFits } from "./codeowners-pattern.ts";
import type { Codeowners, CodeownersRule } from "./types.ts";

const patterns = new WeakMap<CodeownersRule, PathPattern>();
/** The parser has compiled the pattern already, to see whether GitHub takes it. */
export const rememberPattern = (rule: CodeownersRule, pattern: PathPattern): void => void patterns.set(rule, pattern);

/** Rule numbers, rising, by what a matching path must have. A rule stands in one list only. */
interface Index {
  readonly first: ReadonlyMap<string, readonly number[]>;
  readonly segment: ReadonlyMap<string, readonly number[]>;
  readonly ending: ReadonlyMap<string, readonly number[]>;
  readonly others: readonly number[];
}
const indexes = new WeakMap<Codeowners, Index>();
const longestEnding = 8;

function indexOf(codeowners: Codeowners): Index {
  const known = indexes.get(codeowners);
  if (known) return known;
  const index = { first: new Map(), segment: new Map(), ending: new Map(), others: [] as number[] };
  for (const [i, rule] of codeowners.rules.entries()) {
    const pattern = patternOf(rule);
    if (pattern?.first !== undefined) put(index.first, pattern.first, i);
    else if (pattern?.segment !== undefined) put(index.segment, pattern.segment, i);
    else if (pattern?.ending !== undefined) put(index.ending, pattern.ending.slice(-longestEnding), i);
    else index.others.push(i);
  }
  indexes.set(codeowners, index);
  return index;
}

function patternOf(rule: CodeownersRule): PathPattern | undefined {
  const known = patterns.get(rule);
  if (known) return known;
  const compiled = compilePattern(rule.pattern);
  if ("unsupported" in compiled) return undefined;
  patterns.set(rule, compiled);
  return compiled;
}

function put(map: Map<string, number[]>, key: string, value: number): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/**
 * The rule that decides about a path: the last that matches (GitHub). Undefined where none does; empty `owners` where the
 * rule leaves the path unowned. Both mean that nobody can approve. `path` is as git has it, without a leading slash.
 */
export function ownersOf(codeowners: Codeowners, path: string): CodeownersRule | undefined {
  const index = indexOf(codeowners);
  const segments = path.split("/");
  let best = -1;
  const consider = (candidates: readonly number[] | undefined): void => {
    for (let i = (candidates?.length ?? 0) - 1; i >= 0; i--) {
      const candidate = candidates?.[i] ?? -1;
      if (candidate <= best) return;
      const rule = codeowners.rules[candidate];
      const pattern = rule && patternOf(rule);
      if (pattern && patternFits(pattern, segments)) best = candidate;
    }
  };
  consider(index.first.get(segments[0] ?? ""));
  for (const segment of new Set(segments)) {
    consider(index.segment.get(segment));
    for (let length = 1; length <= longestEnding && length <= segment.length; length++) {
      consider(index.ending.get(segment.slice(-length)));
    }
  }
  consider(index.others);
  return codeowners.rules[best];
}

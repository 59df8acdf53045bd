import { compilePattern, type PathPattern, patternFits } from "../../src/access-repo/codeowners-pattern.ts";
import { ownersOf, parseCodeowners } from "../../src/access-repo/index.ts";
import { against, measure, type Row } from "./measure.ts";

const parse = (text: string) => parseCodeowners([{ path: "", text }, undefined, undefined]);

/** Rules as large repositories have them: folders of services, endings, folders anywhere. */
function typicalFile(rules: number): string {
  const rule = (i: number) => [`/svc${i % 500}/mod${i}/`, `*.ext${i}`, `svc${i}/**/x*.ts`, `**/gen${i}/*`][i % 4];
  return Array.from({ length: rules }, (_, i) => `${rule(i)} @o${i}`).join("\n");
}
const paths = Array.from({ length: 100 }, (_, i) => `svc${i}/mod${i * 7}/a/b/c.ext${i * 4 + 1}`);

/** The largest files of their kind that are taken, against a path as long as a request's can be. */
const hostile = {
  "names with several wildcards": `*${"a".repeat(30)}b*\n`.repeat(600),
  "100 000 rules that start alike": "aaaaaaaab*\n".repeat(99_999),
  "100 000 deep rules": `**/${"a*/".repeat(8)}b*\n`.repeat(99_000),
};
const longPath = `requests/${"a".repeat(63)}/2026-11/${"a".repeat(63)}.yml`;

/** The last match, found by trying each rule from the last with the same matcher. */
function naive(patterns: readonly (PathPattern | undefined)[], path: string): number {
  const segments = path.split("/");
  return patterns.findLastIndex((pattern) => pattern !== undefined && patternFits(pattern, segments));
}

export function codeowners(): readonly Row[] {
  const text = typicalFile(10_000);
  const all = measure("parse 10 000 rules and look up 100 paths", () => {
    const file = parse(text);
    return paths.map((path) => ownersOf(file, path));
  });
  const parsing = measure("parse 10 000 rules", () => parse(text));
  const file = parse(text);
  const lookups = measure("look up 100 paths", () => paths.map((path) => ownersOf(file, path)));
  const patterns = file.rules.map((rule) => {
    const compiled = compilePattern(rule.pattern);
    return "refused" in compiled ? undefined : compiled;
  });
  for (const path of paths) {
    const [ours, theirs] = [ownersOf(file, path)?.line ?? 0, naive(patterns, path) + 1];
    if (ours !== theirs) throw new Error(`${path}: line ${ours} by the index, ${theirs} by trying all`);
  }
  const baseline = measure("look up 100 paths, each rule from the last", () => paths.map((p) => naive(patterns, p)), 5);
  const tooMany = measure("parse 1 400 000 lines (refused)", () => parse("*\n".repeat(1_400_000)), 3);
  return [
    { ...all, goal: "under 100 ms" },
    parsing,
    against(lookups, baseline),
    baseline,
    tooMany,
    ...Object.entries(hostile).flatMap(([name, lines]) => hostileRows(name, lines)),
  ];
}

function hostileRows(name: string, lines: string): readonly Row[] {
  const text = lines.replaceAll("\n", " @a\n").slice(0, 2_990_000);
  const whole = text.slice(0, text.lastIndexOf("\n"));
  const file = parse(whole);
  if (file.rules.length === 0) throw new Error(`${name}: ${file.diagnostics[0]?.message ?? "no rule"}`);
  return [
    measure(`hostile: ${name}: parse`, () => parse(whole), 3),
    measure(`hostile: ${name}: look up one path`, () => ownersOf(file, longPath), 5),
  ];
}

import type { Diagnostic } from "../access-repo/types.ts";
import { replaceFile } from "./replace-file.ts";

/** One place that was mended. */
export interface Fixed {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly from: string;
  readonly to: string;
}

/** A text that may be mended. */
export interface Mendable {
  readonly path: string;
  readonly text: string;
  /** What is found now: in a request; or, of a policy file, in the whole policy. */
  readonly found: readonly Diagnostic[];
  /** What would be found if the file held another text. */
  readonly judge: (text: string) => readonly Diagnostic[];
}

export interface FixResult {
  readonly fixed: readonly Fixed[];
  /** Files that could not be written, with the reason. */
  readonly failed: readonly { readonly file: string; readonly why: string }[];
}

/**
 * Mends what a finding's `fix` says, in files of `root`. A file is written only where each mended finding is gone and nothing
 * came in its place; findings that the mended one hid do not count. Others may stay.
 */
export async function applyFixes(root: string, files: readonly Mendable[]): Promise<FixResult> {
  const fixed: Fixed[] = [];
  const failed: { file: string; why: string }[] = [];
  for (const file of files) {
    const mended = mend(file);
    if (mended === undefined) continue;
    const why = await replaceFile(root, file.path, file.text, mended.text);
    if (why === undefined) fixed.push(...mended.fixed);
    else failed.push({ file: file.path, why });
  }
  return { fixed, failed };
}

interface Mended {
  readonly text: string;
  readonly fixed: readonly Fixed[];
}

/** All at once, or, where they do not go together, those that go one by one. */
function mend(file: Mendable): Mended | undefined {
  const { path, found } = file;
  const wanted = found.filter((d) => d.file === path && d.severity === "error" && d.fix !== undefined);
  if (wanted.length === 0) return undefined;
  const all = replaced(file, wanted);
  if (all !== undefined && better(found, file.judge(all.text), wanted)) return all;
  const good = wanted.filter((d) => {
    const one = replaced(file, [d]);
    return one !== undefined && better(found, file.judge(one.text), [d]);
  });
  const some = good.length > 0 && good.length < wanted.length ? replaced(file, good) : undefined;
  return some !== undefined && better(found, file.judge(some.text), good) ? some : undefined;
}

/** The text with the fixes in it, from the end, so that places stay right. Undefined where two overlap or one does not fit. */
function replaced({ path, text }: Mendable, wanted: readonly Diagnostic[]): Mended | undefined {
  const lines = text.split("\n");
  const fixed: Fixed[] = [];
  const places = [...wanted].sort((a, b) => b.line - a.line || b.column - a.column);
  let limit = { line: Number.POSITIVE_INFINITY, column: 0 };
  for (const { line, column, length, code, fix = "" } of places) {
    const old = lines[line - 1];
    const from = old?.slice(column - 1, column - 1 + length);
    if (old === undefined || from?.length !== length || !oneLineOfText.test(fix)) return undefined;
    if (line === limit.line && column + length > limit.column) return undefined;
    limit = { line, column };
    lines[line - 1] = `${old.slice(0, column - 1)}${fix}${old.slice(column - 1 + length)}`;
    fixed.unshift({ file: path, line, column, code, from, to: fix });
  }
  return { text: lines.join("\n"), fixed };
}
const oneLineOfText = /^[^\p{C}\p{Zl}\p{Zp}]{1,500}$/u;

/**
 * Each mended finding is gone, and no other came. A fix stays within its line, so a finding is known by line, code and words.
 * What is found only after an earlier stage passes was there before: a role must exist before its limits are looked at.
 */
function better(before: readonly Diagnostic[], after: readonly Diagnostic[], mended: readonly Diagnostic[]): boolean {
  const name = (d: Diagnostic): string => JSON.stringify([d.file, d.line, d.code, d.message]);
  const left = new Map<string, number>();
  for (const d of after) left.set(name(d), (left.get(name(d)) ?? 0) + 1);
  for (const d of mended) if (left.has(name(d))) return false;
  for (const d of before) left.set(name(d), (left.get(name(d)) ?? 0) - 1);
  const reached = Math.min(...mended.map(stage));
  return after.every((d) => (left.get(name(d)) ?? 0) <= 0 || stage(d) > reached);
}

/** The file by itself; target and role; all else, which is looked at in this order. */
function stage({ code }: Diagnostic): number {
  if (code.startsWith("CS1")) return 0;
  return code === "CS2010" || code === "CS2011" ? 1 : 2;
}

const ZERO = "0".repeat(40);

export interface FileChange {
  readonly status: "added" | "removed" | "modified" | "renamed" | "copied" | "changed";
  readonly path: string;
  readonly previousPath: string | null;
  readonly oid: string;
  readonly additions: number;
  readonly deletions: number;
  readonly patch: string | undefined;
}
const STATUS: Readonly<Record<string, FileChange["status"]>> = {
  A: "added",
  D: "removed",
  M: "modified",
  R: "renamed",
  C: "copied",
  T: "changed",
};

export async function readDiff(
  run: (args: readonly string[]) => Promise<string>,
  a: string,
  b: string,
  full: boolean,
): Promise<readonly FileChange[]> {
  const common = ["diff-tree", "-r", "-M", "--no-commit-id", a, b];
  const [raw, stat, patch] = await Promise.all([
    run([...common.slice(0, 3), "--raw", "-z", "--abbrev=40", ...common.slice(3)]),
    !full ? "" : run([...common.slice(0, 3), "--numstat", "-z", ...common.slice(3)]),
    !full ? "" : run([...common.slice(0, 3), "-p", ...common.slice(3)]),
  ]);
  const counts: [number, number][] = [];
  const stats = stat.split("\0");
  for (let i = 0; i < stats.length; i++) {
    const m = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(stats[i] ?? "");
    if (!m) continue;
    counts.push([Number(m[1]) || 0, Number(m[2]) || 0]);
    if (m[3] === "") i += 2; // a rename: two more fields follow
  }
  const patches = patch.split(/^(?=diff --git )/m).map((p) => {
    const at = p.search(/^@@ /m);
    return at < 0 ? undefined : p.slice(at).replace(/\n$/, "");
  });
  const fields = raw.split("\0");
  const changes: FileChange[] = [];
  for (let i = 0; i + 1 < fields.length; ) {
    const m = /^:\d+ \d+ ([0-9a-f]{40}) ([0-9a-f]{40}) ([A-Z])/.exec(fields[i] ?? "");
    if (!m) break;
    const letter = m[3] ?? "M";
    const pair = letter === "R" || letter === "C";
    const n = changes.length;
    changes.push({
      status: STATUS[letter] ?? "changed",
      path: (pair ? fields[i + 2] : fields[i + 1]) ?? "",
      previousPath: pair ? (fields[i + 1] ?? null) : null,
      oid: letter === "D" ? (m[1] ?? ZERO) : (m[2] ?? ZERO),
      additions: counts[n]?.[0] ?? 0,
      deletions: counts[n]?.[1] ?? 0,
      patch: patches[n],
    });
    i += pair ? 3 : 2;
  }
  return changes;
}

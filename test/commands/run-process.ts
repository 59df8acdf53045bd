import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Run } from "./access-repo.ts";

/** Command lines, without the program's name, run one after the other in a process of their own. */
export function runProcess(cwd: string, lines: readonly (readonly string[])[]): readonly Run[] {
  const many = join(import.meta.dirname, "run-many.ts");
  const run = spawnSync(process.execPath, [many, JSON.stringify(lines)], { cwd, encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Run[];
}

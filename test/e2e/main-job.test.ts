import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { theMainJob } from "../sandbox/main-job.ts";
import { Story } from "../sandbox/story.ts";
import { startWorld, type World } from "../sandbox/world.ts";

let dir: string;
let world: World;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "countersign-e2e-"));
  world = await startWorld({ dir });
});
afterAll(async () => {
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

// The demo's own steps assert what they print; here the whole of it is held, and what the local GitHub said is checked
// against what GitHub publishes.
test("the main job holds, every step and every refusal", { timeout: 120_000 }, async () => {
  const lines: { step: string; ok: boolean; ms: number; detail: string }[] = [];
  await theMainJob(new Story(true, (line) => lines.push(JSON.parse(line))), world);
  expect(lines.filter((line) => !line.ok)).toEqual([]);
  expect(lines.filter((line) => line.step.includes("refused")).map((line) => line.step)).toEqual([
    "alice's own approval is refused",
    "mallory's approval is refused",
    "the same token again: refused",
    "a job of another repository: refused",
    "a re-run: refused",
    "a job after the end: refused",
  ]);
});

test("every answer and webhook of the local GitHub fits GitHub's own description", () => {
  const { validation } = world.github;
  expect(validation.failures).toEqual([]);
  expect(validation.unvalidated).toEqual([]);
  expect(validation.checked).toBeGreaterThan(50);
  console.log(`${validation.checked} answers and webhooks checked against GitHub's OpenAPI description:`);
  for (const endpoint of [...validation.endpoints, ...validation.webhooks]) console.log(`  ${endpoint}`);
});

test("no credential that AWS gave out is in what the server wrote", async () => {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  const { secretCanary } = await import("../sandbox/clouds/index.ts");
  const grep = (where: string) =>
    promisify(execFile)("grep", ["-rlaF", secretCanary, where]).then(
      ({ stdout }) => stdout.trim().split("\n"),
      () => [],
    );
  // The job's own log and files hold them; database, repositories and clones must not.
  for (const part of ["data", "github", "auditor"]) expect(await grep(path.join(dir, part))).toEqual([]);
  const { writeFile } = await import("node:fs/promises");
  await writeFile(path.join(dir, "auditor", "planted"), `x${secretCanary}x`);
  expect(await grep(path.join(dir, "auditor"))).toEqual([path.join(dir, "auditor", "planted")]);
});

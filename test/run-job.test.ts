import { pino } from "pino";
import { expect, it } from "vitest";
import { type JobParts, jobRunner } from "../src/run-job.ts";

function world(accessRepos: readonly number[]) {
  const logged: string[] = [];
  const done: string[] = [];
  const log = pino(
    { level: "error" },
    { write: (line) => void logged.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const note = (what: string) => async (of: number | string) => void done.push(`${what} ${of}`);
  const parts = {
    grantDeps: { log, accessRepos: accessRepos.map((repositoryId) => ({ repositoryId })) },
    roleChecks: { run: note("try"), again: note("try again") },
    asks: { open: note("open") },
    flush: note("flush"),
  } as unknown as JobParts;
  return { logged, done, run: jobRunner(parts) };
}

it("a job goes to the part that its key names", async () => {
  const { done, run } = world([7]);
  for (const key of ["check-roles:7", "check-roles-again:7", "ask:a1", "flush:7"]) await run(key);
  expect(done).toEqual(["try 7", "try again 7", "open a1", "flush 7"]);
});

it("C48 a job left over of a repository that ACCESS_REPOS no longer names tries no role", async () => {
  const { done, run } = world([7]);
  await run("check-roles:8");
  await run("check-roles-again:8");
  expect(done).toEqual([]);
});

it("a job of an unknown kind is dropped, and the log has it", async () => {
  const { logged, run } = world([7]);
  await run("other:7");
  expect(logged).toEqual(["a job of an unknown kind was dropped"]);
});

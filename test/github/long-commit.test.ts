import { expect, test } from "vitest";
import { commitSha } from "../../src/base/ids.ts";
import { ACCESS, ask, sandbox } from "../sandbox-github/support.ts";
import { accessRepoOf, clientOf } from "./world.ts";

test("C09 a commit of more files than GitHub shows is told as one that cannot be judged, and not waited for", async () => {
  const s = await sandbox();
  const github = await clientOf(s);
  const repo = await accessRepoOf(s);
  const from = await github.tip(repo, "main");
  const { number } = await ask(s);
  await s.as("root").rest.pulls.merge({ ...ACCESS, pull_number: number, merge_method: "squash" });
  const to = await github.tip(repo, "main");
  if (from === null || to === null) throw new Error("no tip");
  expect(await github.commitsBetween(repo, from, to)).toHaveLength(1);
  const files = Array.from({ length: 100 }, (_, i) => ({ filename: `f${i}`, status: "added", sha: "0".repeat(40) }));
  s.gh.intercept({
    before: async (call) => (call.path.includes(`/commits/${to}`) ? Response.json({ sha: to, files }) : undefined),
  });
  expect(await github.commitsBetween(repo, from, to)).toBeNull();
  expect(await github.commit(repo, commitSha(to))).toMatchObject({ sha: to, firstParent: from });
  await s.close();
});

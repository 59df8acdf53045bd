import pino from "pino";
import { expect, test } from "vitest";
import { commitSha, repositoryId } from "../../src/base/ids.ts";
import { createGitHub } from "../../src/github/index.ts";
import { ACCESS, ask, sandbox } from "../sandbox-github/support.ts";

test("C09 a commit of more files than GitHub shows is told as one that cannot be judged, and not waited for", async () => {
  const s = await sandbox();
  const clock = { now: () => s.clock.now };
  const github = createGitHub({ app: await s.jwt(), apiUrl: s.gh.apiUrl, clock, log: pino({ enabled: false }) });
  const { data } = await s.as("alice").rest.repos.get(ACCESS);
  const repo = { id: repositoryId(data.id), fullName: data.full_name };
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

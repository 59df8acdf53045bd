import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { repositoryId } from "../../src/base/ids.ts";
import { createGitHub, type GitHub, type RepoRef } from "../../src/github/index.ts";
import { ACCESS, type Sandbox, sandbox } from "../sandbox-github/support.ts";

let s: Sandbox;
let github: GitHub;
let repo: RepoRef;
beforeEach(async () => {
  s = await sandbox();
  const options = { apiUrl: s.gh.apiUrl, clock: s.clock, log: pino({ enabled: false }) };
  github = createGitHub({ app: await s.jwt(), ...options, clock: { now: () => s.clock.now } });
  const { data } = await s.as("alice").rest.repos.get(ACCESS);
  repo = { id: repositoryId(data.id), fullName: data.full_name };
});
afterEach(() => s.close());

test("C07 whose login it is now is told by id, without case; a login that nobody has is nobody's", async () => {
  const { data } = await s.as("alice").rest.users.getAuthenticated();
  expect(await github.accountId(repo, "alice")).toBe(data.id);
  expect(await github.accountId(repo, "ALICE")).toBe(data.id);
  expect(await github.accountId(repo, "alice2")).toBeNull();
});

test("C07 that GitHub does not answer is not that nobody has it", async () => {
  await s.close();
  await expect(github.accountId(repo, "alice")).rejects.toMatchObject({ code: "github_unreachable" });
});

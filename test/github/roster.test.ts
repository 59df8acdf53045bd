import { afterEach, beforeEach, expect, test } from "vitest";
import type { GitHub, RepoRef } from "../../src/github/index.ts";
import { type Sandbox, sandbox } from "../sandbox-github/support.ts";
import { accessRepoOf, clientOf } from "./world.ts";

let s: Sandbox;
let github: GitHub;
let repo: RepoRef;
let now: Date;
beforeEach(async () => {
  s = await sandbox();
  now = s.clock.now;
  github = await clientOf(s, { now: () => now });
  repo = await accessRepoOf(s);
});
afterEach(() => s.close());

test("who is in a team is listed with child teams' members, without those who were only invited", async () => {
  const roster = await github.teamRoster(repo, "ACME", "security");
  expect(roster).toMatchObject({ kind: "members" });
  expect(roster?.kind === "members" && [...roster.logins].sort()).toEqual(["bob", "carol"]);
});

test("C26 a team that GitHub does not show is told as that", async () => {
  expect(await github.teamRoster(repo, "acme", "nothere")).toEqual({ kind: "not_visible" });
});

test("C25 the list is shown for a minute at most, and membership is asked for each time", async () => {
  const bob = async () => [
    (await github.teamRoster(repo, "acme", "sre"))?.kind === "members" &&
      JSON.stringify(await github.teamRoster(repo, "acme", "sre")).includes('"bob"'),
    await github.teamMember(repo, "acme", "sre", "bob"),
  ];
  expect(await bob()).toEqual([true, true]);
  s.gh.change.removeTeamMember("acme", "sre", "bob");
  expect(await bob()).toEqual([true, false]);
  now = new Date(now.getTime() + 60_000);
  expect(await bob()).toEqual([false, false]);
});

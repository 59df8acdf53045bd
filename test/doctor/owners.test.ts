import { expect, test } from "vitest";
import { ownerTeams, targetRepositories } from "../../src/doctor/index.ts";
import { target } from "../sandbox/seed.ts";
import { brief, find, policyOf, read, unreadable } from "./facts.ts";

test("CODEOWNERS: our findings, with their code and line", () => {
  const [only] = find({ policy: read(policyOf("/requests/ @acme/cloud-owners\n")) }).filter(
    (f) => f.code === "codeowners",
  );
  expect(only).toMatchObject({ level: "error" });
  expect(only?.what).toMatch(/^\.github\/.*CS3005/); // a policy path that nobody owns
  expect(only?.cure).toContain("countersign explain CS3005");
});

test("CODEOWNERS: GitHub's findings, by line, with the command that shows them", () => {
  const errors = [{ path: ".github/CODEOWNERS", line: 3, kind: "Unknown owner" }];
  expect(find({ codeowners: read(errors) })[0]).toMatchObject({
    level: "error",
    what: ".github/CODEOWNERS:3: GitHub says: Unknown owner.",
  });
  expect(find({ codeowners: read(errors), host: "github.acme.example" })[0]?.cure).toContain(
    "gh api --hostname github.acme.example repos/acme/access/codeowners/errors",
  );
  expect(brief({ codeowners: unreadable })).toEqual(["unknown codeowners"]);
});

test("no policy, a bad one, an unreadable one", () => {
  const bad = find({ policy: read(policyOf(undefined, { settings: "version: 1\nnonsense: 2\n" })) });
  expect(bad[0]).toMatchObject({ code: "policy", level: "error", what: expect.stringContaining("CS1007") });
  expect(brief({ policy: unreadable })).toEqual(["unknown policy"]);
});

test("teams: secret, without write, of another organization, not shown", () => {
  const team = (value: { visible: boolean; canWrite: boolean }) => ({
    teams: new Map([["acme/cloud-owners", read(value)]]),
  });
  const [secret] = find(team({ visible: false, canWrite: true }));
  expect(secret).toMatchObject({
    level: "error",
    code: "team",
    fix: { call: { method: "PATCH", path: "orgs/acme/teams/cloud-owners", body: { privacy: "closed" } } },
  });
  const [reads] = find(team({ visible: true, canWrite: false }));
  expect(reads).toMatchObject({
    fix: {
      call: { method: "PUT", path: "orgs/acme/teams/cloud-owners/repos/acme/access", body: { permission: "push" } },
    },
  });
  // Both give somebody more: a person has to say yes.
  for (const finding of [secret, reads]) expect(finding?.fix?.loosens).toHaveLength(1);
  expect(brief({ teams: new Map([["acme/cloud-owners", unreadable]]) })).toEqual(["unknown team"]);
  expect(brief({ policy: read(policyOf("* @other/team\n")) })).toEqual(["error team"]);
});

test("teams of further slots are owners too; each is asked about once", () => {
  const more = target.replace(
    "tickets:",
    'also_approved_by: [{ from: ["@acme/security", "@bob"], count: 1 }]\n    tickets:',
  );
  const loaded = policyOf("* @acme/cloud-owners @carol\n/requests/ @Acme/Cloud-Owners\n", { target: more });
  if (!loaded.ok) expect.fail(JSON.stringify(loaded.diagnostics));
  expect(ownerTeams(loaded.policy).map((t) => t.slug.toLowerCase())).toEqual(["cloud-owners", "security"]);
});

test("target repositories: those that are named whole, each once", () => {
  const more = target.replace(
    /workflows: .*/,
    'workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main", "acme/Infra/.github/workflows/x.yml@refs/heads/x", "acme/app-*/.github/workflows/x.yml@refs/heads/main"]\n    defaults: { workflow: { repository: acme/website } }',
  );
  const loaded = policyOf(undefined, { target: more });
  if (!loaded.ok) expect.fail(JSON.stringify(loaded.diagnostics));
  expect(
    targetRepositories(loaded.policy)
      .map((name) => name.toLowerCase())
      .sort(),
  ).toEqual(["acme/infra", "acme/website"]);
});
